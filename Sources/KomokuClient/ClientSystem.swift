internal import Glibc

enum ClientSystem {
    /// `connection refused` for ECONNREFUSED.
    static func text(of code: Int32) -> String {
        guard let text = strerror(code) else { return "error \(code)" }
        return String(cString: text).lowercased()
    }
}
