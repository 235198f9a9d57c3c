import Komoku

/// A value as the journal and the summaries hold it: a code of four bits, then what the code says. See `docs/store-format.md`.
enum ValueCode {
    static let gap: UInt8 = 0
    static let falseValue: UInt8 = 1
    static let trueValue: UInt8 = 2
    static let double: UInt8 = 3
    static let text: UInt8 = 4
    /// `scaled + n` is a number with n decimals, 0 to 3.
    static let scaled: UInt8 = 5
    static let maximumDecimals = 3

    @inline(__always)
    static func code(of value: Value?) -> (code: UInt8, scaled: Int64) {
        switch value {
        case nil: return (gap, 0)
        case .boolean(let boolean): return (boolean ? trueValue : falseValue, 0)
        case .string: return (text, 0)
        case .number(let number):
            for decimals in 0...maximumDecimals {
                // Beyond 2^48 a varint takes as many bytes as the double.
                if let integer = DecimalScale.scaled(number, decimals: decimals), integer.magnitude < 1 << 48 {
                    return (scaled + UInt8(decimals), integer)
                }
            }
            return (double, 0)
        }
    }

    /// Writes what follows the code.
    @inline(__always)
    static func write(_ value: Value?, code: UInt8, scaled integer: Int64, into writer: inout ByteWriter) {
        if code >= scaled {
            writer.zigzag(integer)
        } else if case .number(let number) = value {
            writer.fixed64(number.bitPattern)
        } else if case .string(let string) = value {
            writer.text(string)
        }
    }

    static func read(_ code: UInt8, from reader: inout ByteReader) throws(Corruption) -> Value? {
        switch code {
        case gap: return nil
        case falseValue: return .boolean(false)
        case trueValue: return .boolean(true)
        case text: return .string(try reader.text())
        case double:
            let number = Double(bitPattern: try reader.fixed64())
            guard number.isFinite else { throw Corruption("a number is not finite") }
            return .number(number)
        case scaled...(scaled + UInt8(maximumDecimals)):
            return .number(DecimalScale.number(try reader.zigzag(), decimals: Int(code - scaled)))
        default: throw Corruption("there is no value of kind \(code)")
        }
    }
}
