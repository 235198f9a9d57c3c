import Glibc

/// The program as the build left it: beside the test runner.
enum BuiltProgram {
    static var path: String {
        var path = [UInt8](repeating: 0, count: 4096)
        let length = readlink("/proc/self/exe", &path, path.count)
        let runner = String(decoding: path.prefix(max(0, length)), as: UTF8.self)
        return runner.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
            + "/komoku"
    }
}
