import CSpawn
import Glibc

/// How much memory the process may name, used or not. Where that is limited (`ulimit -v`, `LimitAS=`), threads and arenas of glibc
/// take most of it without using it, and what cannot be had then is waited for without a word: libdispatch tries for ever to make a
/// thread.
package enum AddressSpace {
    /// What is taken for limited: with more there is no need to be thrifty.
    private static let plenty: UInt64 = 4 << 30
    /// Stacks of 8 MB are for programs that have few threads.
    private static let stack = 1 << 20
    /// Besides the program: some 20 threads, and the memory of a house.
    static let needed = 64 << 20

    /// Makes do with little where there is little. To be called before there are other threads.
    ///
    /// - Throws: where there is too little to run with.
    package static func prepare() throws(SystemError) {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0, limit.rlim_cur < plenty else { return }
        malloc_use_one_arena()
        threads_use_stacks_of(stack)
        guard !hasRoom(for: needed) else { return }
        throw SystemError(
            subject: "the address space of the process",
            message: "it is limited to \(limit.rlim_cur >> 20) MB, of which less than \(needed >> 20) MB are free",
            remedy: "raise the limit: LimitAS= in the unit, ulimit -v in a shell")
    }

    /// Whether so many bytes could still be named.
    static func hasRoom(for size: Int) -> Bool {
        let memory = mmap(nil, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        guard memory != MAP_FAILED else { return false }
        munmap(memory, size)
        return true
    }
}
