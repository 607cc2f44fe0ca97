"""Prints as JSON what TensorBoard reads below a folder."""

import json
import sys

from tensorboard.backend.event_processing import plugin_event_multiplexer
from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.context import RequestContext
from tensorboard.plugins import base_plugin
from tensorboard.plugins.hparams import api_pb2, backend_context, get_experiment
from tensorboard.plugins.hparams import list_session_groups
from tensorboard.util import tensor_util

folder = sys.argv[1]
events = EventAccumulator(folder, size_guidance={"scalars": 0, "histograms": 0, "tensors": 0})
events.Reload()
tags = events.Tags()
found = {"scalars": {}, "histograms": {}, "texts": {}, "sessions": []}
for tag in tags["scalars"]:
    found["scalars"][tag] = [[point.step, point.value] for point in events.Scalars(tag)]
for tag in tags["histograms"]:
    value = events.Histograms(tag)[-1].histogram_value
    found["histograms"][tag] = {"num": value.num, "counted": sum(value.bucket)}
for tag in tags["tensors"]:
    metadata = events.SummaryMetadata(tag)
    if metadata.plugin_data.plugin_name == "text":
        tensor = tensor_util.make_ndarray(events.Tensors(tag)[-1].tensor_proto)
        found["texts"][tag] = tensor.item().decode()

# What the HPARAMS tab asks its server for.
multiplexer = plugin_event_multiplexer.EventMultiplexer()
multiplexer.AddRunsFromDirectory(folder)
multiplexer.Reload()
provider = MultiplexerDataProvider(multiplexer, folder)
context = backend_context.Context(base_plugin.TBContext(data_provider=provider))
request = RequestContext()
experiment = get_experiment.Handler(
    request, context, "", api_pb2.GetExperimentRequest(experiment_name="")
).run()
wanted = api_pb2.ListSessionGroupsRequest(
    experiment_name="",
    allowed_statuses=[0, 1, 2, 3],
    col_params=[api_pb2.ColParams(metric=metric.name) for metric in experiment.metric_infos],
    aggregation_type=api_pb2.AGGREGATION_AVG,
    slice_size=100,
)
groups = list_session_groups.Handler(request, context, "", wanted).run()
for group in groups.session_groups:
    (session,) = group.sessions
    hparams = {
        name: getattr(value, value.WhichOneof("kind")) for name, value in group.hparams.items()
    }
    found["sessions"].append(
        {
            "hparams": hparams,
            "status": api_pb2.Status.Name(session.status),
            "metrics": {metric.name.tag: metric.value for metric in session.metric_values},
        }
    )
found["sessions"].sort(key=lambda session: str(session["hparams"].get("seed")))
print(json.dumps(found))
