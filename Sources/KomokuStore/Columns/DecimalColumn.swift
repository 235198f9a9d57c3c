/// Numbers as integers that were scaled by a power of ten, apart from a few that no power fits, such as -0.
struct DecimalColumn {
    private let decimals: Int
    /// An exception repeats the integer before it.
    private var integers: [Int64] = []
    private var exceptions: [Exception] = []

    private struct Exception {
        let index: Int64
        let bits: Int64
    }

    /// Nil where more than one number in 32 would be an exception.
    init?(_ numbers: [Double]) {
        guard let decimals = Self.decimals(of: numbers) else { return nil }
        self.decimals = decimals
        let power = DecimalScale.powers[decimals]
        var before: Int64 = 0
        integers.reserveCapacity(numbers.count)
        for (index, number) in numbers.enumerated() {
            if let integer = DecimalScale.scaled(number, power: power) {
                before = integer
            } else {
                exceptions.append(Exception(index: Int64(index), bits: Int64(bitPattern: number.bitPattern)))
                if exceptions.count * 32 > numbers.count { return nil }
            }
            integers.append(before)
        }
    }

    /// The fewest decimals that leave few enough exceptions.
    private static func decimals(of numbers: [Double]) -> Int? {
        var needing = [Int](repeating: 0, count: DecimalScale.maximumDecimals + 2)
        var decimals = 0
        var power = DecimalScale.powers[0]
        var beyond = 0
        for number in numbers where DecimalScale.scaled(number, power: power) == nil {
            let needed = (decimals + 1..<needing.count - 1).first { DecimalScale.scaled(number, decimals: $0) != nil }
            needing[needed ?? needing.count - 1] += 1
            beyond += 1
            while beyond * 32 > numbers.count {
                decimals += 1
                guard decimals < DecimalScale.powers.count else { return nil }
                beyond -= needing[decimals]
                power = DecimalScale.powers[decimals]
            }
        }
        return decimals
    }

    func encode(into writer: inout ByteWriter) {
        writer.byte(UInt8(decimals) | (exceptions.isEmpty ? 0 : DoubleColumn.Form.exceptions))
        if !exceptions.isEmpty {
            writer.varint(exceptions.count)
            IntegerColumn.encode(exceptions.map(\.index), into: &writer)
            IntegerColumn.encode(exceptions.map(\.bits), into: &writer)
        }
        IntegerColumn.encode(integers, into: &writer)
    }

    /// - Parameter form: the count of decimals, and whether exceptions follow.
    static func decode(_ form: UInt8, count: Int, from reader: inout ByteReader) throws(Corruption) -> [Double] {
        var indices: [Int64] = []
        var bits: [Int64] = []
        if form & DoubleColumn.Form.exceptions != 0 {
            let size = try reader.run(upTo: count)
            indices = try IntegerColumn.decode(count: size, from: &reader)
            bits = try IntegerColumn.decode(count: size, from: &reader)
        }
        let integers = try IntegerColumn.decode(count: count, from: &reader)
        let power = DecimalScale.powers[Int(form & 15)]
        var numbers = integers.map { Double($0) / power }
        for (index, bits) in zip(indices, bits) {
            let number = Double(bitPattern: UInt64(bitPattern: bits))
            guard numbers.indices.contains(Int(index)), number.isFinite else {
                throw Corruption("an exception among the numbers is out of range")
            }
            numbers[Int(index)] = number
        }
        return numbers
    }
}
