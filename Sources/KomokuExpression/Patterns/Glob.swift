/// A pattern that a whole text has to match: `*` stands for any run of characters, `?` for one, all others for themselves.
/// Characters are Unicode scalars. Matching takes time in proportion to the text, whatever the pattern.
package struct Glob: Sendable {
    /// Between two `*`; nil is `?`.
    private typealias Piece = [Unicode.Scalar?]

    private let pieces: [Piece]

    /// The longest run between two `*`: a set of places in it is one word of the machine.
    private static let longestPiece = 64
    package static let refusal = "a pattern has at most \(longestPiece) characters between two '*'"

    /// Nil where the pattern has too long a run without `*`.
    package init?(_ pattern: String) {
        var pieces: [Piece] = [[]]
        for scalar in pattern.unicodeScalars {
            guard scalar != "*" else {
                // A `*` beside another one adds nothing, and pieces are not to outnumber the text's characters.
                if pieces.count < 2 || !(pieces.last ?? []).isEmpty { pieces.append([]) }
                continue
            }
            pieces[pieces.count - 1].append(scalar == "?" ? nil : scalar)
            guard (pieces.last ?? []).count <= Self.longestPiece else { return nil }
        }
        self.pieces = pieces
    }

    package func matches(_ text: String) -> Bool {
        let scalars = Array(text.unicodeScalars)
        guard let first = pieces.first, let last = pieces.last else { return scalars.isEmpty }
        guard pieces.count > 1 else { return first.count == scalars.count && Self.matches(first, scalars[...]) }
        guard first.count + last.count <= scalars.count, Self.matches(first, scalars.prefix(first.count)),
            Self.matches(last, scalars.suffix(last.count))
        else { return false }
        // The leftmost place of each piece leaves most of the text to the next ones.
        var rest = scalars[first.count..<(scalars.count - last.count)]
        for piece in pieces.dropFirst().dropLast() where !piece.isEmpty {
            guard let end = Self.end(of: piece, in: rest) else { return false }
            rest = rest[end...]
        }
        return true
    }

    private static func matches(_ piece: Piece, _ text: ArraySlice<Unicode.Scalar>) -> Bool {
        zip(piece, text).allSatisfy { $0 == nil || $0 == $1 }
    }

    /// Behind the first place of a piece (Shift-And: Baeza-Yates and Gonnet 1992).
    private static func end(of piece: Piece, in text: ArraySlice<Unicode.Scalar>) -> Int? {
        var wild: UInt64 = 0
        for (index, scalar) in piece.enumerated() where scalar == nil { wild |= 1 << UInt64(index) }
        var masks = [UInt64](repeating: wild, count: 128)
        var others: [Unicode.Scalar: UInt64] = [:]
        for (index, scalar) in piece.enumerated() {
            guard let scalar else { continue }
            if scalar.isASCII {
                masks[Int(scalar.value)] |= 1 << UInt64(index)
            } else {
                others[scalar, default: wild] |= 1 << UInt64(index)
            }
        }
        var places: UInt64 = 0
        for (index, scalar) in zip(text.indices, text) {
            places = (places << 1 | 1) & (scalar.isASCII ? masks[Int(scalar.value)] : others[scalar] ?? wild)
            if places >> UInt64(piece.count - 1) & 1 == 1 { return index + 1 }
        }
        return nil
    }
}
