//! A: How much memory the machine, and the group of processes that this one is in, can still give. Reserves none.

use std::fs;

/// Bytes that can be had without pushing others out; none where the system does not say.
pub fn available_bytes() -> Option<u64> {
    let machine = fs::read_to_string("/proc/meminfo").ok().and_then(|text| of_meminfo(&text));
    let number = |path: &str| fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    let group = number("/sys/fs/cgroup/memory.max")
        .and_then(|most| Some(most.saturating_sub(number("/sys/fs/cgroup/memory.current")?)));
    match (machine, group) {
        (Some(machine), Some(group)) => Some(machine.min(group)),
        (machine, group) => machine.or(group),
    }
}

fn of_meminfo(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_the_kernel_is_read() {
        let text = "MemTotal:       24601234 kB\nMemFree:          123 kB\nMemAvailable:   22334455 kB\n";
        assert_eq!(of_meminfo(text), Some(22_334_455 * 1024));
        assert_eq!(of_meminfo("MemTotal: 1 kB"), None);
        assert_eq!(of_meminfo("MemAvailable: much"), None);
        assert!(available_bytes().is_some_and(|bytes| bytes > 0));
    }
}
