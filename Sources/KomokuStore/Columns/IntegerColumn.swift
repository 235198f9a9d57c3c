/// Whole numbers, in as few bytes as what cannot be foreseen of them needs. See `docs/store-format.md`.
///
/// Every sum and difference wraps around, so any 64 bits are numbers like others.
enum IntegerColumn {
    static func encode(_ numbers: [Int64], into writer: inout ByteWriter) {
        guard let first = numbers.first else { return }
        let multiples = MultiplesColumn(numbers)
        let choice = ColumnChoice(multiples.counts)
        writer.byte(choice.form | (multiples.divisor > 1 ? ColumnForm.divisor : 0))
        writer.zigzag(first)
        if multiples.divisor > 1 { writer.varint(multiples.divisor) }
        if let parameter = choice.parameter { writer.zigzag(parameter) }
        guard !choice.residuals.isEmpty else { return }
        writer.zigzag(choice.centre)
        ResidualColumn.write(choice.residuals, choice.plan, into: &writer)
    }

    /// - Parameter count: the caller bounds it; so many numbers are allocated.
    static func decode(count: Int, from reader: inout ByteReader) throws(Corruption) -> [Int64] {
        guard count > 0 else { return [] }
        let form = try ColumnForm(try reader.byte())
        let first = try reader.zigzag()
        let divisor = form.hasDivisor ? try reader.varint() : 1
        let parameter = form.transform.hasParameter ? try reader.zigzag() : 0
        var residuals = [UInt64](repeating: 0, count: count)
        let seeds = min(count, form.transform.seeds)
        let centre = seeds < count ? try reader.zigzag() : 0
        try residuals.withUnsafeMutableBufferPointer { buffer throws(Corruption) in
            let rest = UnsafeMutableBufferPointer(rebasing: buffer[seeds...])
            try ResidualColumn.read(form.coder, into: rest, from: &reader)
        }
        let rebuilt = Rebuilding(
            first: first, divisor: Int64(bitPattern: divisor), parameter: parameter, centre: centre,
            isZigzag: form.isZigzag)
        return rebuilt.numbers(residuals, form.transform)
    }
}

/// The first byte of a column: the transform in bits 0 and 1, zigzag in bit 2, a divisor in bit 3, the coder in bits 4 to 6.
struct ColumnForm {
    static let zigzag: UInt8 = 1 << 2
    static let divisor: UInt8 = 1 << 3

    let transform: ColumnTransform
    let coder: ResidualColumn.Coder
    let isZigzag: Bool
    let hasDivisor: Bool

    init(_ byte: UInt8) throws(Corruption) {
        guard let transform = ColumnTransform(rawValue: byte & 3), let coder = ResidualColumn.Coder(rawValue: byte >> 4)
        else { throw Corruption("a form of a column is unknown") }
        self.transform = transform
        self.coder = coder
        isZigzag = byte & Self.zigzag != 0
        hasDivisor = byte & Self.divisor != 0
    }
}
