import Komoku

/// Texts: each different one once, then which of them comes how often.
enum StringColumn {
    static func encode(_ texts: [String], into writer: inout ByteWriter) {
        guard !texts.isEmpty else { return }
        var places: [ByteText: Int] = [:]
        var dictionary: [String] = []
        var indices: [Int] = []
        for text in texts {
            let place = places[ByteText(text)] ?? dictionary.count
            if place == dictionary.count {
                places[ByteText(text)] = place
                dictionary.append(text)
            }
            indices.append(place)
        }
        writer.varint(dictionary.count)
        for text in dictionary { writer.text(text) }
        encode(indices: indices, into: &writer)
    }

    private static func encode(indices: [Int], into writer: inout ByteWriter) {
        var rest = indices[...]
        while let index = rest.first {
            let run = rest.prefix { $0 == index }
            writer.varint(index)
            writer.varint(run.count)
            rest = rest.dropFirst(run.count)
        }
    }

    static func decode(count: Int, from reader: inout ByteReader) throws(Corruption) -> [String] {
        guard count > 0 else { return [] }
        let size = try reader.run(upTo: min(count, reader.remaining))
        var dictionary: [String] = []
        dictionary.reserveCapacity(size)
        for _ in 0..<size { dictionary.append(try reader.text()) }
        var texts: [String] = []
        texts.reserveCapacity(count)
        while texts.count < count {
            let index = try reader.count(upTo: size - 1)
            let length = try reader.run(upTo: count - texts.count)
            texts.append(contentsOf: repeatElement(dictionary[index], count: length))
        }
        return texts
    }
}
