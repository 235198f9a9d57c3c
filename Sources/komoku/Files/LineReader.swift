/// The lines of a file, numbered from 1.
struct LineReader {
    struct Line: Hashable {
        var number: Int
        /// Without the end of the line; a `\r` before it stays. Cut where it is too long.
        var bytes: [UInt8]
        var isTooLong = false
    }

    /// A text has at most 64 KiB, and JSON may write each of its bytes with six.
    static let longest = 1 << 20

    private let read: () throws -> [UInt8]
    private var piece: [UInt8] = []
    private var index = 0
    private var number = 0
    private var returned: [Line] = []

    /// - Parameter read: the next bytes, none at the end.
    init(_ read: @escaping () throws -> [UInt8]) {
        self.read = read
    }

    /// The next line; nil at the end.
    mutating func next() throws -> Line? {
        if let line = returned.popLast() { return line }
        var line = Line(number: number + 1, bytes: [])
        var isAny = false
        while true {
            if index == piece.count {
                piece = try read()
                index = 0
                if piece.isEmpty { break }
            }
            isAny = true
            let end = piece[index...].firstIndex(of: 0x0A) ?? piece.count
            let room = Self.longest - line.bytes.count
            line.bytes.append(contentsOf: piece[index..<min(end, index + room)])
            if end - index > room { line.isTooLong = true }
            index = min(end + 1, piece.count)
            if end < piece.count { break }
        }
        guard isAny else { return nil }
        number += 1
        return line
    }

    /// Lines that `next` will bring again, in this order.
    mutating func putBack(_ lines: some BidirectionalCollection<Line>) {
        returned.append(contentsOf: lines.reversed())
    }
}
