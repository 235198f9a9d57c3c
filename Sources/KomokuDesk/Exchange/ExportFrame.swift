internal import Komoku
internal import KomokuHub
internal import KomokuWire

/// The text of one frame of an export as it grows.
struct ExportFrame: Sendable {
    /// From this many bytes on a frame is full.
    static let size = 60 << 10

    private var bytes: [UInt8]
    private let beginning: Int
    private let end: String
    /// The key whose list of points is open.
    private var open: KeyName?

    init(_ begin: String, _ end: String) {
        bytes = Array(begin.utf8)
        beginning = bytes.count
        self.end = end
    }

    var isEmpty: Bool { bytes.count == beginning }
    var isFull: Bool { bytes.count >= Self.size }

    /// `NAME:{"type":T,"opts":{…}}`, with the options that were defined.
    mutating func add(_ key: KeyInfo) {
        separate()
        let member = KeyDefinition(name: key.name.text, type: key.type, options: key.defined.defined).member
        JSON.write(member.name, into: &bytes)
        bytes.append(UInt8(ascii: ":"))
        member.value.write(into: &bytes)
    }

    /// `[NAME,[[T,V], …]]`, as many points as there is room for.
    ///
    /// - Returns: how many were added.
    mutating func add(_ points: ArraySlice<Point>, of key: KeyInfo) -> Int {
        var count = 0
        for point in points {
            if isFull { break }
            begin(key.name)
            JSON(point).write(into: &bytes)
            count += 1
        }
        return count
    }

    private mutating func begin(_ key: KeyName) {
        if open == key { return bytes.append(UInt8(ascii: ",")) }
        closeList()
        separate()
        bytes.append(UInt8(ascii: "["))
        JSON.write(key.text, into: &bytes)
        bytes.append(contentsOf: ",[".utf8)
        open = key
    }

    private mutating func closeList() {
        if open != nil { bytes.append(contentsOf: "]]".utf8) }
        open = nil
    }

    private mutating func separate() {
        if !isEmpty { bytes.append(UInt8(ascii: ",")) }
    }

    consuming func finished() -> [UInt8] {
        closeList()
        bytes.append(contentsOf: end.utf8)
        return bytes
    }
}
