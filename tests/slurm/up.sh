#!/bin/sh
# Brings up a Slurm of its own on this machine, for tests: tests/slurm/up.sh FOLDER PORT [NODES [GPUS]].
# Root only; needs munged, slurmctld, slurmd and the clients. All of it lies in FOLDER, nothing in /etc is
# read or written. Clients find it with SLURM_CONF=FOLDER/slurm.conf. What runs already stays.
set -eu
folder=$(mkdir -p "$1" && cd "$1" && pwd)
port=$2 nodes=${3:-3} gpus=${4:-2}
host=$(hostname -s)
export SLURM_CONF="$folder/slurm.conf"

# Whether the program of a pid file is there: a number may have become another's.
lives() { [ -s "$1" ] && grep -q "^$2" "/proc/$(cat "$1")/comm" 2>/dev/null; }

mkdir -p "$folder/munge" "$folder/state" "$folder/spool" "$folder/log"
chmod 755 "$folder" "$folder/munge"
[ -s "$folder/munge/key" ] || (umask 077 && head -c 1024 /dev/urandom >"$folder/munge/key")
lives "$folder/munge/pid" munged || munged --force --num-threads=2 \
    --key-file="$folder/munge/key" --socket="$folder/munge/socket" --pid-file="$folder/munge/pid" \
    --log-file="$folder/munge/log" --seed-file="$folder/munge/seed"

if ! [ -s "$SLURM_CONF" ]; then
    # A requeued job waits for as long as its credential holds, and a job that is ended for KillWait: both
    # are short here. OverTimeLimit is not: a time limit is a minute at least.
    cat >"$SLURM_CONF" <<CONF
ClusterName=tests
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/munge/socket,cred_expire=2
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool/%n
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd-%n.pid
SlurmctldLogFile=$folder/log/slurmctld
SlurmdLogFile=$folder/log/slurmd-%n
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,sched_min_interval=0,bf_interval=1,batch_sched_delay=0
SlurmdParameters=config_overrides
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SlurmctldParameters=preempt_send_user_signal
KillWait=5
SlurmdTimeout=30
InactiveLimit=0
MailProg=/bin/true
GresTypes=gpu
CONF
    printf 'CgroupAutomount=no\n' >"$folder/cgroup.conf"
    for node in $(seq "$nodes"); do
        # A GPU is pretended by a device that is there: Slurm refuses a plain file.
        for gpu in $(seq 0 $((gpus - 1))); do
            [ -c "$folder/gpu$gpu" ] || mknod "$folder/gpu$gpu" c 1 3
        done
        echo "NodeName=n$node Name=gpu File=$folder/gpu[0-$((gpus - 1))]" >>"$folder/gres.conf"
        echo "NodeName=n$node NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + node))" \
            "CPUs=4 RealMemory=1000 Gres=gpu:$gpus" >>"$SLURM_CONF"
    done
    cat >>"$SLURM_CONF" <<CONF
PartitionName=main Nodes=n[1-$nodes] Default=YES DefaultTime=10:00 MaxTime=60:00 PriorityTier=10 State=UP
PartitionName=low Nodes=n[1-$nodes] DefaultTime=10:00 MaxTime=60:00 PriorityTier=1 GraceTime=0 State=UP
CONF
fi

lives "$folder/slurmctld.pid" slurmctld || slurmctld
for node in $(seq "$nodes"); do
    lives "$folder/slurmd-n$node.pid" slurmd || slurmd -N "n$node"
done
for _ in $(seq 150); do
    up=$(sinfo --noheader --Node --format=%T --partition=main 2>/dev/null | grep -cE '^(idle|mixed|allocated)$' || true)
    [ "$up" -lt "$nodes" ] || exit 0
    sleep 0.2
done
echo "Slurm does not come up; the ends of its logs:" >&2
tail -n 5 "$folder"/log/* >&2
exit 1
