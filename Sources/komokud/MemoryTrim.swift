import Dispatch
import Glibc

/// Gives free memory back to the system: to read the list of a few hundred devices takes some megabytes for a moment, and glibc
/// keeps them.
enum MemoryTrim {
    private typealias Function = @convention(c) (Int) -> CInt

    /// Does so soon, on a thread of its own.
    static func start() {
        DispatchQueue.global(qos: .background).async {
            // Declared in a header that the module of glibc leaves out; other C libraries have no such function.
            guard let symbol = dlsym(nil, "malloc_trim") else { return }
            _ = unsafeBitCast(symbol, to: Function.self)(0)
        }
    }
}
