#!/bin/sh
# A private Slurm on loopback, for tests: a controller, nodes n1 and n2, a
# munged. No systemd, no cgroups, no database; nothing outside DIR.
#   cluster.sh start DIR PORT OWNER    ends by itself with the process OWNER
#   cluster.sh controller DIR          starts the controller again
#   cluster.sh stop DIR
# Needs: apt-get install --no-install-recommends slurmctld slurmd slurm-client munge
set -eu
task=$1
dir=$2
PATH=$PATH:/usr/sbin:/sbin
export SLURM_CONF="$dir/slurm.conf"

stop() {
    pids=$(cat "$dir"/slurmd-*.pid "$dir/slurmctld.pid" "$dir/munge/munged.pid" 2>/dev/null || true)
    timeout 2 scancel --user="$(id -un)" 2>/dev/null || true
    for _ in $(seq 1 50); do
        [ -n "$(timeout 2 squeue -h 2>/dev/null)" ] || break
        sleep 0.1
    done
    [ -z "$pids" ] || kill $pids 2>/dev/null || true
    for _ in $(seq 1 100); do
        kill -0 $pids 2>/dev/null || exit 0
        sleep 0.05
    done
    kill -9 $pids 2>/dev/null || true
}

case $task in
stop) stop; exit ;;
controller) slurmctld; exit ;;
esac

port=$3
owner=$4
host=$(hostname -s)
mkdir -p "$dir/munge" "$dir/state" "$dir/spool/n1" "$dir/spool/n2" "$dir/log"
chmod 755 "$dir"
chmod 711 "$dir/munge"
(umask 077; head -c 1024 /dev/urandom > "$dir/munge/munge.key")
munged --socket="$dir/munge/munge.sock" --key-file="$dir/munge/munge.key" \
    --pid-file="$dir/munge/munged.pid" --log-file="$dir/munge/munged.log" \
    --seed-file="$dir/munge/munged.seed" --num-threads=2
# Short timers, so that a lost node is noticed within seconds; the memory of
# jobs is looked at every second.
cat > "$dir/slurm.conf" <<CONF
ClusterName=loopback
SlurmctldHost=$host(127.0.0.1)
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
SlurmctldPort=$port
SlurmdPort=$((port + 1))
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
AuthType=auth/munge
AuthInfo=socket=$dir/munge/munge.sock,cred_expire=5
CredType=cred/munge
MpiDefault=none
SwitchType=switch/none
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool/%n
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd-%n.pid
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdLogFile=$dir/log/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
SlurmdParameters=config_overrides
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1,defer=no
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
AccountingStorageType=accounting_storage/none
MinJobAge=300
MaxArraySize=4
SlurmdTimeout=5
SlurmctldTimeout=10
InactiveLimit=0
KillWait=2
ReturnToService=2
JobRequeue=1
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
NodeName=n1 NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 2)) CPUs=2 RealMemory=8000
NodeName=n2 NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 3)) CPUs=2 RealMemory=8000
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP PriorityTier=1
PartitionName=urgent Nodes=ALL MaxTime=INFINITE State=UP PriorityTier=10
CONF
slurmctld -c
slurmd -N n1
slurmd -N n2
# A test that is killed leaves nothing behind.
(
    while kill -0 "$owner" 2>/dev/null && [ -e "$dir/slurm.conf" ]; do sleep 0.5; done
    [ ! -e "$dir/slurm.conf" ] || stop
) > "$dir/log/guard" 2>&1 &
for _ in $(seq 1 60); do
    [ "$(timeout 2 sinfo -h -N -p main -t idle -o %N 2>/dev/null | wc -l)" = 2 ] && exit 0
    sleep 0.1
done
cat "$dir"/log/*.log >&2
exit 1
