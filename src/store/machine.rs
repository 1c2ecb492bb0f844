//! Which machine this is.

use std::fs;

use serde::{Deserialize, Serialize};

/// A machine, by three names. Any one of them may change: the host's name by hand or with each new
/// container, the boot with a restart, and the id is not there on every system. So one that is the
/// same is enough.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// The host's name, which people know.
    pub host: String,
    /// The id of the kernel's boot, which all containers of a machine share; empty in files of
    /// before.
    #[serde(default)]
    boot: String,
    /// The id of the installation (`/etc/machine-id`); empty where there is none.
    #[serde(default)]
    id: String,
}

impl Machine {
    /// The present one.
    pub fn this() -> Machine {
        Machine { host: host_name(), boot: boot(), id: line("/etc/machine-id") }
    }

    /// A machine of which nothing but the host's name is known.
    pub fn named(host: impl Into<String>) -> Machine {
        Machine { host: host.into(), boot: String::new(), id: String::new() }
    }

    /// Whether it is the present machine, by one of its names at least.
    pub fn is_this(&self) -> bool {
        let this = Machine::this();
        let is_same = |one: &str, other: &str| !one.is_empty() && one == other;
        self.host == this.host || is_same(&self.boot, &this.boot) || is_same(&self.id, &this.id)
    }
}

/// This machine's name; a container has one of its own.
pub fn host_name() -> String {
    line("/proc/sys/kernel/hostname")
}

/// The processor, as its maker names it; of an ARM one the numbers of its kind. Empty where the system does
/// not say.
pub fn processor_name() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let value = |key: &str| {
        let line = text.lines().find(|line| line.starts_with(key))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let kind = || Some(format!("ARM {} {}", value("CPU implementer")?, value("CPU part")?));
    value("model name").or_else(kind).unwrap_or_default()
}

/// Another one after each start of the machine; empty where the system does not say.
pub(super) fn boot() -> String {
    line("/proc/sys/kernel/random/boot_id")
}

fn line(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_is_known_under_another_host_name_and_after_a_reboot() {
        let this = Machine { id: "7f".into(), ..Machine::this() };
        let elsewhere = Machine { host: "x".into(), boot: "y".into(), id: "z".into() };
        assert!(this.is_this() && !elsewhere.is_this());
        assert!(Machine { host: this.host.clone(), ..elsewhere.clone() }.is_this());
        assert!(Machine { boot: this.boot.clone(), ..elsewhere.clone() }.is_this());
        assert!(Machine::named(host_name()).is_this() && !Machine::named("x").is_this());
    }
}
