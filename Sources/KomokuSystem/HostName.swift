internal import Glibc

package enum HostName {
    /// What this machine is called, as it says itself: `attic` or `attic.example.org`; empty where it has no name.
    package static var whole: String {
        var bytes = [CChar](repeating: 0, count: 256)
        gethostname(&bytes, bytes.count - 1)
        return String(decoding: bytes.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Up to the first dot.
    package static var short: String { String(whole.prefix { $0 != "." }) }
}
