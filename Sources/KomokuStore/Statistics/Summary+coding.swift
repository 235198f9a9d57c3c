import Komoku

extension Summary {
    static let version: UInt8 = 2

    private static let hasNumbers: UInt8 = 1
    private static let hasCounter: UInt8 = 2
    private static let hasStates: UInt8 = 4
    private static let isPartialFlag: UInt8 = 8

    /// See `docs/store-format.md`.
    func encode() -> [UInt8] {
        var writer = ByteWriter()
        writer.reserve(96)
        writer.byte(Self.version)
        writer.byte(
            (numbers > 0 ? Self.hasNumbers : 0) | (counter == nil ? 0 : Self.hasCounter)
                | (states == nil ? 0 : Self.hasStates) | (isPartial ? Self.isPartialFlag : 0))
        for number in [count, gaps, edges] { writer.varint(number) }
        writer.zigzag(firstTime)
        writer.varint(UInt64(bitPattern: lastTime &- firstTime))
        writer.varint(UInt64(known))
        writer.varint(UInt64(trueTime))
        for value in [first, last] { writer.value(value) }
        if numbers > 0 {
            writer.varint(numbers)
            for number in [minimum, maximum, sum, squares, integral] { writer.value(.number(number)) }
        }
        if let counter { counter.encode(into: &writer) }
        if let states { states.encode(into: &writer) }
        return writer.sealed()
    }

    /// Reads versions 1 and 2. Version 1 knows no times: give them.
    init(decoding bytes: [UInt8], firstTime: Int64 = 0, lastTime: Int64 = 0) throws(Corruption) {
        var reader = try ByteReader(sealed: bytes)
        switch try reader.byte() {
        case 1:
            try readFirstVersion(&reader)
            (self.firstTime, self.lastTime) = (firstTime, lastTime)
        case Self.version: try read(&reader)
        case let version: throw Corruption("its version \(version) is unknown")
        }
        try reader.finish()
    }

    private mutating func read(_ reader: inout ByteReader) throws(Corruption) {
        let flags = try reader.byte()
        guard flags < 16 else { throw Corruption("its flags are unknown") }
        isPartial = flags & Self.isPartialFlag != 0
        count = try reader.count(upTo: .max)
        gaps = try reader.count(upTo: count)
        edges = try reader.count(upTo: count)
        firstTime = try reader.zigzag()
        lastTime = firstTime &+ Int64(bitPattern: try reader.varint())
        guard lastTime >= firstTime else { throw Corruption("its times are reversed") }
        known = Int64(try reader.count(upTo: .max))
        trueTime = Int64(try reader.count(upTo: .max))
        first = try reader.value()
        last = try reader.value()
        if flags & Self.hasNumbers != 0 {
            numbers = try reader.run(upTo: count)
            minimum = try reader.number()
            maximum = try reader.number()
            sum = try reader.number()
            squares = try reader.number()
            integral = try reader.number()
        }
        if flags & Self.hasCounter != 0 { counter = try CounterSummary(from: &reader) }
        if flags & Self.hasStates != 0 { states = try StateTimes(from: &reader) }
    }

    private mutating func readFirstVersion(_ reader: inout ByteReader) throws(Corruption) {
        isPartial = true
        count = try reader.run(upTo: .max)
        gaps = try reader.count(upTo: count)
        numbers = try reader.count(upTo: count)
        edges = try reader.count(upTo: count)
        if numbers > 0 {
            minimum = Double(bitPattern: try reader.fixed64())
            maximum = Double(bitPattern: try reader.fixed64())
            sum = Double(bitPattern: try reader.fixed64())
            integral = Double(bitPattern: try reader.fixed64())
        }
        known = Int64(try reader.count(upTo: .max))
        trueTime = Int64(try reader.count(upTo: .max))
        first = try reader.value()
        last = try reader.value()
    }
}

extension CounterSummary {
    func encode(into writer: inout ByteWriter) {
        writer.value(.number(increase))
        writer.varint(resets)
        writer.varint(glitches)
        writer.byte(UInt8(length | head.count << 2 | tail.count << 4))
        for number in head { writer.value(.number(number)) }
        // Up to two numbers are the head and the tail at once.
        if length > 2 { for number in tail { writer.value(.number(number)) } }
    }

    init(from reader: inout ByteReader) throws(Corruption) {
        increase = try reader.number()
        resets = try reader.count(upTo: .max)
        glitches = try reader.count(upTo: .max)
        let lengths = try reader.byte()
        length = Int(lengths & 3)
        let counts = (head: Int(lengths >> 2 & 3), tail: Int(lengths >> 4))
        let possible = length < 3 ? length...length : 2...3
        guard possible.contains(counts.head), possible.contains(counts.tail) else {
            throw Corruption("a counter's ends are too few or too many")
        }
        for _ in 0..<counts.head { head.append(try reader.number()) }
        tail = head
        if length < 3 { return }
        tail = []
        for _ in 0..<counts.tail { tail.append(try reader.number()) }
    }
}

extension StateTimes {
    func encode(into writer: inout ByteWriter) {
        writer.varint(times.count)
        for state in times {
            writer.text(state.text)
            writer.varint(UInt64(state.time))
        }
        writer.varint(UInt64(others))
    }

    init(from reader: inout ByteReader) throws(Corruption) {
        for _ in 0..<(try reader.count(upTo: Self.limit)) {
            let text = try reader.text()
            times.append(State(text: text, time: Int64(try reader.count(upTo: .max))))
        }
        others = Int64(try reader.count(upTo: .max))
    }
}

extension ByteWriter {
    fileprivate mutating func value(_ value: Value?) {
        let (code, scaled) = ValueCode.code(of: value)
        byte(code)
        ValueCode.write(value, code: code, scaled: scaled, into: &self)
    }
}

extension ByteReader {
    fileprivate mutating func value() throws(Corruption) -> Value? { try ValueCode.read(try byte(), from: &self) }

    /// Finite, or what a sum of huge numbers has become.
    fileprivate mutating func number() throws(Corruption) -> Double {
        let code = try byte()
        if code == ValueCode.double { return Double(bitPattern: try fixed64()) }
        guard case .number(let number) = try ValueCode.read(code, from: &self) else {
            throw Corruption("a number is missing")
        }
        return number
    }
}
