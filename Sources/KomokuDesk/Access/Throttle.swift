internal import Glibc

/// Who has failed of late to say who he is, by address and by name: after a few times he has to wait, longer each time.
///
/// A value that holds a bounded number of them; times are microseconds of a clock that nobody sets.
struct Throttle {
    private struct Entry {
        var failures = 0
        var last: Int64
    }

    private var entries: [String: Entry] = [:]
    /// Where a name has been right before: who knows it from there does not wait because others try it elsewhere.
    private var known: [String: Int64] = [:]
    private let capacity: Int

    /// So many may fail without a wait: people mistype.
    static let free = 5
    /// A name is tried from everywhere, by those whom it does not belong to.
    static let freeOfName = 20
    static let longestWait: Int64 = 60_000_000
    /// What was so long ago is forgotten.
    static let memory: Int64 = 15 * 60_000_000

    init(capacity: Int = 4096) { self.capacity = capacity }

    /// Seconds to wait, rounded up; 0 is none.
    ///
    /// - Parameter name: nil for tokens, which have none that could be tried.
    func wait(of address: String, name: String?, at now: Int64) -> Int {
        var wait = remaining(Self.key(ofAddress: address), free: Self.free, at: now)
        if let name, known[Self.pair(name, address)] == nil {
            wait = max(wait, remaining(Self.key(ofName: name), free: Self.freeOfName, at: now))
        }
        return Int((wait + 999_999) / 1_000_000)
    }

    mutating func failed(from address: String, name: String?, at now: Int64) {
        note(Self.key(ofAddress: address), at: now)
        if let name { note(Self.key(ofName: name), at: now) }
    }

    mutating func succeeded(from address: String, name: String?, at now: Int64) {
        entries[Self.key(ofAddress: address)] = nil
        guard let name else { return }
        if known.count >= capacity { known = known.newerHalf { $0 } }
        known[Self.pair(name, address)] = now
    }

    private func remaining(_ key: String, free: Int, at now: Int64) -> Int64 {
        guard let entry = entries[key], entry.failures >= free, now - entry.last < Self.memory else { return 0 }
        let length = min(Self.longestWait, 1_000_000 << Int64(min(10, entry.failures - free)))
        return max(0, entry.last + length - now)
    }

    private mutating func note(_ key: String, at now: Int64) {
        if entries[key] == nil, entries.count >= capacity {
            entries = entries.filter { now - $0.value.last < Self.memory }
            if entries.count >= capacity { entries = entries.newerHalf(\.last) }
        }
        var entry = entries[key] ?? Entry(last: now)
        if now - entry.last >= Self.memory { entry.failures = 0 }
        entry.failures = min(entry.failures + 1, 1_000_000)
        entry.last = now
        entries[key] = entry
    }

    /// How many are remembered.
    var count: Int { entries.count }

    private static func key(ofName name: String) -> String { "n:\(name.utf8.prefix(128))" }

    private static func pair(_ name: String, _ address: String) -> String {
        "\(key(ofAddress: address))/\(name.utf8.prefix(128))"
    }

    /// Whoever has an address of IPv6 has a whole network of them, /64.
    static func key(ofAddress address: String) -> String {
        var bytes = in6_addr()
        guard inet_pton(AF_INET6, address, &bytes) == 1 else { return "a:\(address)" }
        return withUnsafeBytes(of: bytes) { bytes in
            let mapped = [UInt8](repeating: 0, count: 10) + [0xff, 0xff]
            if bytes.prefix(12).elementsEqual(mapped) {
                return "a:" + bytes.dropFirst(12).map { String($0) }.joined(separator: ".")
            }
            return "a:" + bytes.prefix(8).map { String($0, radix: 16) }.joined(separator: ":")
        }
    }
}

extension Dictionary {
    /// Without the half that is oldest.
    fileprivate func newerHalf(_ time: (Value) -> Int64) -> Self {
        let times = values.map(time).sorted()
        guard let median = times.dropFirst(times.count / 2).first else { return self }
        return filter { time($0.value) > median }
    }
}
