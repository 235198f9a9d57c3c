internal import Komoku

/// Reads a JSON document of any size token by token; it holds one token and the nesting, no more.
struct JSONTokens {
    enum Token: Hashable {
        case beginObject
        case endObject
        case beginArray
        case endArray
        /// Of a member; its value follows.
        case name(String)
        /// A text, number, true, false or null.
        case scalar(JSON)
    }

    struct Fault: Error, Hashable {
        var line: Int
        var reason: String
    }

    private enum Expected { case value, firstItem, firstName, name, more, nothing }

    /// The longest text or number, in bytes of the document.
    static let longestToken = 1 << 20

    /// In the document, from 1.
    private(set) var line = 1
    private let read: () throws -> [UInt8]
    private var piece: [UInt8] = []
    private var index = 0
    /// Whether each open container is an object.
    private var nesting: [Bool] = []
    private var expected = Expected.value

    /// - Parameter read: the next bytes, none at the end.
    init(_ read: @escaping () throws -> [UInt8]) {
        self.read = read
    }

    /// The next token; nil behind the end of the document.
    ///
    /// - Throws: `Fault`, or what reading throws.
    mutating func next() throws -> Token? {
        guard var byte = try skipSpace() else {
            if expected == .nothing { return nil }
            throw fault("an unexpected end")
        }
        if expected == .more {
            guard let isObject = nesting.last else { throw fault("more after the document") }
            if byte == UInt8(ascii: isObject ? "}" : "]") { return close() }
            guard byte == UInt8(ascii: ",") else { throw fault("',' is missing") }
            index += 1
            expected = isObject ? .name : .value
            guard let following = try skipSpace() else { throw fault("an unexpected end") }
            byte = following
        }
        switch expected {
        case .nothing: throw fault("more after the document")
        case .firstName, .name: return try name(byte)
        case .firstItem where byte == UInt8(ascii: "]"): return close()
        case .firstItem, .value, .more: return try value(byte)
        }
    }

    /// The value that begins at `token`, whole; for small ones.
    mutating func whole(from token: Token?, most: Int = 10_000) throws -> JSON {
        var left = most
        return try whole(from: token, left: &left)
    }

    private mutating func whole(from token: Token?, left: inout Int) throws -> JSON {
        left -= 1
        guard left > 0 else { throw fault("a value with too many parts") }
        switch token {
        case .scalar(let json): return json
        case .beginArray:
            var items: [JSON] = []
            while case let token = try next(), token != .endArray { items.append(try whole(from: token, left: &left)) }
            return .array(items)
        case .beginObject:
            var members: [JSON.Member] = []
            while case .name(let name) = try next() {
                members.append(JSON.Member(name, try whole(from: try next(), left: &left)))
            }
            return .object(members)
        case .name, .endArray, .endObject, nil: throw fault("an unexpected end")
        }
    }

    /// Passes over the value that follows, of any size.
    mutating func skip() throws {
        var depth = 0
        repeat {
            switch try next() {
            case .beginObject, .beginArray: depth += 1
            case .endObject, .endArray: depth -= 1
            case .name, .scalar, nil: break
            }
        } while depth > 0
    }

    private mutating func close() -> Token {
        index += 1
        let isObject = nesting.removeLast()
        expected = nesting.isEmpty ? .nothing : .more
        return isObject ? .endObject : .endArray
    }

    private mutating func name(_ byte: UInt8) throws -> Token {
        if expected == .firstName, byte == UInt8(ascii: "}") { return close() }
        guard byte == UInt8(ascii: "\""), case .string(let name) = try scalar() else {
            throw fault("a member name is missing")
        }
        guard try skipSpace() == UInt8(ascii: ":") else { throw fault("':' is missing") }
        index += 1
        expected = .value
        return .name(name)
    }

    private mutating func value(_ byte: UInt8) throws -> Token {
        let isObject = byte == UInt8(ascii: "{")
        guard isObject || byte == UInt8(ascii: "[") else {
            let scalar = try scalar()
            expected = nesting.isEmpty ? .nothing : .more
            return .scalar(scalar)
        }
        guard nesting.count < JSON.maximumDepth else { throw fault("nested deeper than \(JSON.maximumDepth)") }
        index += 1
        nesting.append(isObject)
        expected = isObject ? .firstName : .firstItem
        return isObject ? .beginObject : .beginArray
    }

    /// The bytes of one scalar, read by the ordinary parser.
    private mutating func scalar() throws -> JSON {
        var bytes: [UInt8] = []
        let isText = try peek() == UInt8(ascii: "\"")
        var isEscaped = false
        while let byte = try peek() {
            if !isText, [0x20, 0x0A, 0x0D, 0x09, 0x2C, 0x5D, 0x7D, 0x3A].contains(byte) { break }
            guard bytes.count < Self.longestToken else { throw fault("a text or number of more than 1 MiB") }
            if byte == 0x0A { throw fault("a control character in a text") }
            bytes.append(byte)
            index += 1
            if isText, bytes.count > 1, byte == UInt8(ascii: "\""), !isEscaped { break }
            isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
        }
        do throws(JSON.Invalid) {
            return try JSON(parsing: bytes)
        } catch {
            throw fault(error.reason)
        }
    }

    private mutating func peek() throws -> UInt8? {
        if index == piece.count {
            piece = try read()
            index = 0
        }
        return index < piece.count ? piece[index] : nil
    }

    private mutating func skipSpace() throws -> UInt8? {
        while let byte = try peek() {
            guard [0x20, 0x0A, 0x0D, 0x09].contains(byte) else { return byte }
            if byte == 0x0A { line += 1 }
            index += 1
        }
        return nil
    }

    private func fault(_ reason: String) -> Fault { Fault(line: line, reason: reason) }
}
