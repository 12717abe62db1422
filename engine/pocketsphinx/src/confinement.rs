//! Limits a process sets itself before it hears what strangers say.
//!
//! **Invariants.** Memory, processor time and files are limited before the engine is loaded. Once
//! it is, the kernel refuses the process all it needs no more: files, network, other processes.
//! Where the kernel has no such filter the limits alone hold.

use std::collections::BTreeMap;

use libc::c_long;
use rustix::process::{
    Resource, Rlimit, getpriority_process, getrlimit, setpriority_process, setrlimit,
};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch};

/// Memory the process may map, beside what it has at its start.
pub const MEMORY_BYTES: u64 = 512 << 20;
/// Processor time it may use in its life.
pub const CPU_SECONDS: u64 = 120;
/// Files it may have open.
const FILES: u64 = 32;
/// Bytes a file of its may have: its output, where that goes to a file.
const FILE_BYTES: u64 = 16 << 20;
/// How much others come before it, from 0 to 19: sockets are served first.
const NICENESS: i32 = 5;

/// What a process that computes, and talks over pipes that are open, needs of the kernel.
const ALLOWED: &[c_long] = &[
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_close,
    libc::SYS_lseek,
    libc::SYS_fstat,
    libc::SYS_ppoll,
    libc::SYS_mmap,
    libc::SYS_mremap,
    libc::SYS_munmap,
    libc::SYS_mprotect,
    libc::SYS_madvise,
    libc::SYS_brk,
    libc::SYS_futex,
    libc::SYS_sched_yield,
    libc::SYS_nanosleep,
    libc::SYS_clock_nanosleep,
    libc::SYS_clock_gettime,
    libc::SYS_gettimeofday,
    libc::SYS_getrandom,
    libc::SYS_getrusage,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_restart_syscall,
    libc::SYS_tgkill,
    libc::SYS_set_robust_list,
    libc::SYS_exit,
    libc::SYS_exit_group,
];

/// Sets the limits.
pub(crate) fn limit() -> Result<(), String> {
    let limits = [
        (Resource::As, mapped_bytes().saturating_add(MEMORY_BYTES)),
        (Resource::Cpu, CPU_SECONDS),
        (Resource::Nofile, FILES),
        (Resource::Fsize, FILE_BYTES),
        (Resource::Core, 0),
    ];
    for (resource, wanted) in limits {
        let max = getrlimit(resource).maximum.map_or(wanted, |hard| hard.min(wanted));
        let limit = Rlimit { current: Some(max), maximum: Some(max) };
        setrlimit(resource, limit)
            .map_err(|error| format!("cannot limit {resource:?}: {error}"))?;
    }
    // Not being nice is no reason to be deaf.
    if getpriority_process(None).is_ok_and(|niceness| niceness < NICENESS) {
        let _ = setpriority_process(None, NICENESS);
    }
    Ok(())
}

/// Addresses that are mapped now, in bytes; 0 where the system does not tell.
fn mapped_bytes() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").ok();
    let pages = pages.and_then(|text| text.split(' ').next()?.parse::<u64>().ok());
    pages.unwrap_or(0).saturating_mul(rustix::param::page_size() as u64)
}

/// Gives up what is needed no more, for all threads. Whether the kernel can do that.
pub(crate) fn confine() -> bool {
    let Ok(target) = TargetArch::try_from(std::env::consts::ARCH) else { return false };
    let allowed = ALLOWED.iter().map(|call| (*call, Vec::new())).collect::<BTreeMap<_, _>>();
    let refused = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    let filter = SeccompFilter::new(allowed, refused, SeccompAction::Allow, target);
    let program = filter.and_then(BpfProgram::try_from);
    program.is_ok_and(|program| seccompiler::apply_filter_all_threads(&program).is_ok())
}
