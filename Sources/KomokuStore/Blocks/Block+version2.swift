import Komoku

extension Block {
    /// In the byte before the tags: they differ, and a column of them follows. Otherwise it is the tag of all points.
    private static let mixedTags: UInt8 = 0x80

    /// - Parameter range: 1 to `maximumCount` points. Their different texts should have no more than `TextColumn.maximumSize`
    ///   bytes: more are stored as they are.
    static func encode(_ columns: PointColumns, _ range: Range<Int>) -> [UInt8] {
        var writer = ByteWriter()
        writer.reserve(targetSize + 512)
        writer.byte(version)
        writer.varint(range.count)
        let tags = columns.tags[range]
        if let first = tags.first, tags.allSatisfy({ $0 == first }) {
            writer.byte(first)
        } else {
            writer.byte(mixedTags)
            IntegerColumn.encode(tags.map { Int64($0) }, into: &writer)
        }
        IntegerColumn.encode(Array(columns.times[range]), into: &writer)
        let payloads = payloads(of: columns, range)
        DoubleColumn.encode(payloads.numbers.map { Double(bitPattern: $0) }, into: &writer)
        BooleanColumn.encode(payloads.booleans.map { $0 != 0 }, into: &writer)
        encodeTexts(columns.texts, payloads.slots, into: &writer)
        return writer.sealed()
    }

    private static func payloads(of columns: PointColumns, _ range: Range<Int>) -> Payloads {
        var payloads = Payloads()
        if let kind = onlyKind(columns.tags[range]) {
            switch kind {
            case .number: payloads.numbers = Array(columns.payloads[range])
            case .boolean: payloads.booleans = Array(columns.payloads[range])
            case .string: payloads.slots = Array(columns.payloads[range])
            case .gap: break
            }
            return payloads
        }
        for index in range {
            let payload = columns.payloads[index]
            switch columns.kind(at: index) {
            case .number: payloads.numbers.append(payload)
            case .boolean: payloads.booleans.append(payload)
            case .string: payloads.slots.append(payload)
            case .gap: break
            }
        }
        return payloads
    }

    private static func onlyKind(_ tags: ArraySlice<UInt8>) -> ValueKind? {
        guard let first = tags.first, tags.allSatisfy({ $0 & 3 == first & 3 }) else { return nil }
        return ValueKind(rawValue: first & 3)
    }

    /// - Parameter slots: in `texts`, which may hold a text more than once and others that are in no point of the block.
    private static func encodeTexts(_ texts: [String], _ slots: [UInt64], into writer: inout ByteWriter) {
        var known: [UInt64: Int64] = [:]
        var distinct: [ByteText: Int64] = [:]
        var ordered: [ByteText] = []
        var indices: [Int64] = []
        indices.reserveCapacity(slots.count)
        for slot in slots {
            if let index = known[slot] {
                indices.append(index)
                continue
            }
            let text = ByteText(slot < UInt64(texts.count) ? texts[Int(slot)] : "")
            let index = distinct[text] ?? Int64(ordered.count)
            if index == ordered.count {
                distinct[text] = index
                ordered.append(text)
            }
            known[slot] = index
            indices.append(index)
        }
        TextColumn.encode(ordered, slots: indices, into: &writer)
    }

    static func decodeVersion2(from reader: inout ByteReader) throws(Corruption) -> PointColumns {
        let count = try reader.run(upTo: maximumCount)
        var columns = PointColumns()
        columns.tags = try tags(count: count, from: &reader)
        func points(_ kind: ValueKind) -> Int { columns.tags.count { $0 & 3 == kind.rawValue } }
        columns.times = try IntegerColumn.decode(count: count, from: &reader)
        guard ascend(columns.times) else { throw Corruption("its times do not ascend") }
        var payloads = Payloads()
        payloads.numbers = try DoubleColumn.decode(count: points(.number), from: &reader).map(\.bitPattern)
        payloads.booleans = try BooleanColumn.decode(count: points(.boolean), from: &reader)
        (columns.texts, payloads.slots) = try TextColumn.decode(count: points(.string), from: &reader)
        columns.payloads = payloads.merged(columns.tags)
        return columns
    }

    private static func tags(count: Int, from reader: inout ByteReader) throws(Corruption) -> [UInt8] {
        let first = try reader.byte()
        guard first == mixedTags else {
            guard isTag(Int64(first)) else { throw Corruption("a provenance is unknown") }
            return [UInt8](repeating: first, count: count)
        }
        let tags = try IntegerColumn.decode(count: count, from: &reader)
        guard tags.allSatisfy(isTag) else { throw Corruption("a provenance is unknown") }
        return tags.map { UInt8($0) }
    }

    private static func isTag(_ tag: Int64) -> Bool {
        tag >= 0 && tag >> 2 < Provenance.allCases.count
    }

    private static func ascend(_ times: [Int64]) -> Bool {
        times.withUnsafeBufferPointer { times in
            for index in times.indices.dropFirst() where times[index] <= times[index - 1] { return false }
            return true
        }
    }
}
