import CSpawn
import Dispatch

/// Gives free memory back to the system: to read the list of a few hundred devices takes some megabytes for a moment, and glibc
/// keeps them.
enum MemoryTrim {
    /// Does so soon, on a thread of its own.
    static func start() {
        DispatchQueue.global(qos: .background).async { malloc_trim(0) }
    }
}
