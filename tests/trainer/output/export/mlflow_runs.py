"""Lists the runs of an MLflow file store by the real MLflow."""

import json
import os
import sys
from pathlib import Path

# The file store is in maintenance, and must be asked for.
os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"

import mlflow  # noqa: E402

client = mlflow.MlflowClient(tracking_uri=Path(sys.argv[1]).absolute().as_uri())
experiment = client.get_experiment_by_name("trainvault")
found = []
for run in client.search_runs([experiment.experiment_id]):
    names = [artifact.path for artifact in client.list_artifacts(run.info.run_id)]
    models = [artifact.path for artifact in client.list_artifacts(run.info.run_id, "models")]
    local = client.download_artifacts(run.info.run_id, "logs/session.json")
    history = {}
    for key in run.data.metrics:
        points = client.get_metric_history(run.info.run_id, key)
        history[key] = [[point.step, point.value] for point in points]
    found.append(
        {
            "name": run.info.run_name,
            "status": run.info.status,
            "params": run.data.params,
            "tags": run.data.tags,
            "metrics": history,
            "artifacts": names + models,
            "session": json.loads(Path(local).read_text())["id"],
        }
    )
found.sort(key=lambda run: run["name"])
print(json.dumps(found))
