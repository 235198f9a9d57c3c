/// A scanner for all topics in which the same fields are looked for: one at a time scans. Belongs to the Inbox's thread.
final class SharedScanner {
    var scanner: FieldScanner

    init(paths: [[UInt8]], wantsAll: Bool) {
        scanner = FieldScanner(paths: paths, wantsAll: wantsAll)
    }
}

/// The scanners that there are, by what they look for.
struct SharedScanners {
    private struct Wanted: Hashable {
        let paths: [[UInt8]]
        let wantsAll: Bool
    }

    private var scanners: [Wanted: SharedScanner] = [:]

    /// Beyond this, those that there are stay with their topics, and others are made for further ones.
    private static let capacity = 1024

    mutating func scanner(paths: [[UInt8]], wantsAll: Bool) -> SharedScanner {
        let wanted = Wanted(paths: paths, wantsAll: wantsAll)
        if let known = scanners[wanted] { return known }
        if scanners.count >= Self.capacity { scanners.removeAll() }
        let scanner = SharedScanner(paths: paths, wantsAll: wantsAll)
        scanners[wanted] = scanner
        return scanner
    }
}
