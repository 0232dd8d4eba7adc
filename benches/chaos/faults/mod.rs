//! The faults: one line each in [`ALL`], grouped by what breaks. A fault breaks something, mends it, and returns what is
//! worth telling; that the stream goes on afterwards is seen to by the caller.

mod brokers;
mod changes;
mod network;
mod processes;
mod system;

use crate::field::Field;

/// Something that goes wrong.
pub struct Fault {
    /// For `SLUICE_CHAOS_ONLY` and the table.
    pub name: &'static str,
    /// What is done.
    pub what: &'static str,
    /// Why it cannot be done here, if so.
    pub lacks: fn(&Field) -> Option<&'static str>,
    /// Does it.
    pub inflict: fn(&mut Field) -> String,
}

const fn anywhere(_: &Field) -> Option<&'static str> {
    None
}

/// All of them.
pub const ALL: &[Fault] = &[
    Fault { name: "kill", what: "kill -9, started again", lacks: anywhere, inflict: processes::kill },
    Fault {
        name: "freeze",
        what: "SIGSTOP past the session time-out, SIGCONT",
        lacks: anywhere,
        inflict: processes::freeze,
    },
    Fault {
        name: "zombie",
        what: "frozen, replaced, thawed: one must give way",
        lacks: anywhere,
        inflict: processes::zombie,
    },
    Fault {
        name: "storm",
        what: "an instance joins and leaves again and again",
        lacks: anywhere,
        inflict: processes::storm,
    },
    Fault { name: "broker-kill", what: "kill -9 of a broker, started again", lacks: anywhere, inflict: brokers::kill },
    Fault {
        name: "broker-stop",
        what: "a broker stops cleanly and comes back",
        lacks: anywhere,
        inflict: brokers::stop,
    },
    Fault { name: "leaders", what: "preferred leaders are elected", lacks: anywhere, inflict: brokers::elect },
    Fault {
        name: "disk-full",
        what: "no byte left for a broker",
        lacks: brokers::lacks_disk,
        inflict: brokers::fill_disk,
    },
    Fault { name: "cut", what: "connections are cut", lacks: anywhere, inflict: network::cut },
    Fault {
        name: "half-open",
        what: "nothing passes and nobody is told",
        lacks: anywhere,
        inflict: network::half_open,
    },
    Fault { name: "lost-endtxn", what: "replies to EndTxn are lost", lacks: anywhere, inflict: network::lose_end_txn },
    Fault {
        name: "lost-reply",
        what: "replies to Produce, AddOffsetsToTxn or TxnOffsetCommit are lost",
        lacks: anywhere,
        inflict: network::lose_other,
    },
    Fault { name: "slow", what: "every frame is delayed", lacks: anywhere, inflict: network::slow },
    Fault { name: "reset", what: "ECONNRESET from the kernel", lacks: system::lacks_strace, inflict: system::reset },
    Fault { name: "log-full", what: "ENOSPC for the log", lacks: system::lacks_strace, inflict: system::fill_log },
    Fault { name: "key", what: "a new root key, distributed ahead", lacks: anywhere, inflict: changes::key },
    Fault {
        name: "rules",
        what: "rules change, and a bad config is refused",
        lacks: anywhere,
        inflict: changes::rules,
    },
];
