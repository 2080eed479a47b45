//! Which process has a file locked. The kernel is asked, never a number that somebody wrote down: that would name a process
//! that is long gone, or another one that has its number now.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// A process that has the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Its number.
    pub pid: u32,
    /// What it is called; empty where the system does not tell.
    pub name: String,
}

/// Who has `path` locked, as far as the kernel tells: not across containers, nor over a network.
pub(super) fn find(path: &Path) -> Option<Holder> {
    let file = fs::metadata(path).ok()?;
    let locks = fs::read_to_string("/proc/locks").unwrap_or_default();
    let device = (rustix::fs::major(file.dev()), rustix::fs::minor(file.dev()));
    let pid = in_locks(&locks, device, file.ino()).or_else(|| with_open_file(&file))?;
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default().trim().to_owned();
    Some(Holder { pid, name })
}

/// The process in the text of `/proc/locks` (proc_locks(5)) that has this file locked as a whole:
/// `1: FLOCK  ADVISORY  WRITE 4711 08:01:123 0 EOF`. Locks of open files (`OFDLCK`) name no process.
fn in_locks(locks: &str, (major, minor): (u32, u32), inode: u64) -> Option<u32> {
    let wanted = format!("{major:02x}:{minor:02x}:{inode}");
    locks.lines().find_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        // Who waits for a lock has `->` before its kind.
        let [_, "FLOCK" | "POSIX", _, _, pid, file, ..] = words[..] else { return None };
        pid.parse().ok().filter(|pid| file == wanted && *pid > 0)
    })
}

/// Another process of the same user that has the file open.
fn with_open_file(file: &fs::Metadata) -> Option<u32> {
    fs::read_dir("/proc").ok()?.flatten().find_map(|process| {
        let pid: u32 = process.file_name().to_str()?.parse().ok()?;
        let mut open = fs::read_dir(process.path().join("fd")).ok()?.flatten();
        let is_it = |entry: fs::DirEntry| {
            fs::metadata(entry.path()).is_ok_and(|open| (open.dev(), open.ino()) == (file.dev(), file.ino()))
        };
        (pid != std::process::id() && open.any(is_it)).then_some(pid)
    })
}

#[cfg(test)]
mod tests {
    use super::in_locks;

    #[test]
    fn the_process_of_a_lock_is_read_and_no_other() {
        let locks = "1: OFDLCK ADVISORY  WRITE -1 fe:01:77 0 EOF\n2: FLOCK  ADVISORY  WRITE 12 fe:01:78 0 EOF\n\
                     3: FLOCK  ADVISORY  WRITE 4711 fe:01:77 0 EOF\n3: -> FLOCK  ADVISORY  WRITE 13 fe:01:77 0 EOF\n";
        assert_eq!(in_locks(locks, (0xfe, 1), 77), Some(4711));
        assert_eq!(in_locks(locks, (0xfe, 1), 78), Some(12));
        assert_eq!(in_locks(locks, (0xfe, 2), 77), None);
        assert_eq!(in_locks("1: -> FLOCK  ADVISORY  WRITE 13 fe:01:77 0 EOF", (0xfe, 1), 77), None);
        assert_eq!(in_locks("1: FLOCK  ADVISORY  WRITE 0 fe:01:77 0 EOF", (0xfe, 1), 77), None);
    }
}
