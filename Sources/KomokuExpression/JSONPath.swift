import Komoku

/// Where in a JSON document something stands: `a.b[0].c`; `a.0` is an item too, and `["x y"]` a member of any name.
struct JSONPath: Hashable, Sendable {
    struct Invalid: Error {
        /// Bytes of UTF-8 before the fault.
        let offset: Int
        let reason: String
    }

    private enum Step: Hashable, Sendable {
        /// A member, or where it is a number and there is a list, an item.
        case name(String)
        /// Counts from 0, negative ones from the end.
        case item(Int)
    }

    private var steps: [Step] = []

    /// The longest path, in steps: no document is deeper.
    private static let maximumSteps = JSON.maximumDepth

    init(parsing text: String) throws(Invalid) {
        var reader = JSONPathReader(bytes: Array(text.utf8))
        while let step = try reader.step() {
            steps.append(step.isName ? .name(step.text) : .item(step.number))
            guard steps.count <= Self.maximumSteps else {
                throw Invalid(offset: 0, reason: "a path has at most \(Self.maximumSteps) steps")
            }
        }
    }

    /// The members of a name that stand behind dots.
    init(members: [Substring]) {
        steps = members.map { .name(String($0)) }
    }

    /// Nil where the document has nothing there.
    func find(in document: JSON) -> JSON? {
        var json = document
        for step in steps {
            let found: JSON? =
                switch step {
                case .name(let name): json[name] ?? Int(name).flatMap { json.item($0) }
                case .item(let place): json.item(place)
                }
            guard let found else { return nil }
            json = found
        }
        return json
    }
}

extension JSON {
    fileprivate func item(_ place: Int) -> JSON? {
        guard let array else { return nil }
        let index = place < 0 ? array.count + place : place
        return array.indices.contains(index) ? array[index] : nil
    }
}

extension Value {
    /// A part of a document, as an expression has it: lists and objects are texts of JSON. Nil for null, and for what is longer
    /// than a text may be.
    init?(part json: JSON) {
        switch json {
        case .null: return nil
        case .bool(let bool): self = .boolean(bool)
        case .number(let number): self = .number(number)
        case .string, .array, .object:
            let text = json.string ?? json.text
            guard text.utf8.count <= Value.maximumStringLength else { return nil }
            self = .string(text)
        }
    }
}

/// Takes one step after another.
private struct JSONPathReader {
    struct Step {
        var isName = true
        var text = ""
        var number = 0
    }

    let bytes: [UInt8]
    private var index = 0

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    private var byte: UInt8? { index < bytes.count ? bytes[index] : nil }

    /// Nil at the end.
    mutating func step() throws(JSONPath.Invalid) -> Step? {
        guard let first = byte else { return nil }
        if first == UInt8(ascii: "[") { return try bracket() }
        if index > 0 {
            guard first == UInt8(ascii: ".") else { throw fault("write a dot or '[' here") }
            index += 1
        } else if first == UInt8(ascii: "$") {
            throw fault("a path starts with the name of a member, without '$'")
        }
        let start = index
        while let byte, byte != UInt8(ascii: "."), byte != UInt8(ascii: "[") { index += 1 }
        guard index > start else { throw fault("a name is missing") }
        return Step(text: String(decoding: bytes[start..<index], as: UTF8.self))
    }

    private mutating func bracket() throws(JSONPath.Invalid) -> Step {
        let open = index
        index += 1
        var step = Step()
        if let quote = byte, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
            index += 1
            let start = index
            while let byte, byte != quote { index += 1 }
            step.text = String(decoding: bytes[start..<index], as: UTF8.self)
            index += 1
        } else {
            let start = index
            while let byte, byte != UInt8(ascii: "]") { index += 1 }
            guard let number = Int(String(decoding: bytes[start..<index], as: UTF8.self)),
                number.magnitude <= 1_000_000
            else {
                index = start
                throw fault("a place in a list is a whole number: [0]")
            }
            (step.isName, step.number) = (false, number)
        }
        guard byte == UInt8(ascii: "]") else {
            index = open
            throw fault("this '[' is not closed")
        }
        index += 1
        return step
    }

    private func fault(_ reason: String) -> JSONPath.Invalid { JSONPath.Invalid(offset: index, reason: reason) }
}
