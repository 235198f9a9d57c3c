internal import Komoku
package import SwiftProtobuf

/// Bytes of the third protocol, both ways.
package protocol PackedMessage: SwiftProtobuf.Message {}

extension PackedToHub: PackedMessage {}
extension PackedFromHub: PackedMessage {}

extension PackedMessage {
    /// - Throws: `.unreadable`. A field that is known and written in another way is no unknown one: what it means was lost.
    package init(packed bytes: [UInt8]) throws(PackedFault) {
        do {
            self = try Self(serializedBytes: bytes, options: .komoku)
        } catch {
            throw .unreadable("it is no message, or is nested too deep")
        }
    }

    package var packed: [UInt8] {
        // Nothing here is required, and no text is anything but UTF-8.
        (try? serializedBytes()) ?? []
    }
}

extension BinaryDecodingOptions {
    /// A map within a map takes three levels of messages.
    fileprivate static let komoku = {
        var options = BinaryDecodingOptions()
        options.messageDepthLimit = JSON.maximumDepth * 3 + 8
        return options
    }()
}

extension UnknownStorage {
    /// Whether a field that is known came written in another way than it is known: as a varint instead of a text. What a newer
    /// program adds has a number beyond these.
    func holds(_ fields: ClosedRange<UInt64>) -> Bool {
        var rest = data[...]
        while let tag = Self.varint(&rest) {
            if fields.contains(tag >> 3) { return true }
            switch tag & 7 {
            case 0: _ = Self.varint(&rest)
            case 1: rest = rest.dropFirst(8)
            case 2:
                let length = Int(clamping: Self.varint(&rest) ?? 0)
                rest = rest.dropFirst(length)
            case 5: rest = rest.dropFirst(4)
            // A group, of which none is known: what follows is not told apart.
            default: return false
            }
        }
        return false
    }

    private static func varint<Bytes: Collection<UInt8>>(_ bytes: inout Bytes) -> UInt64?
    where Bytes.SubSequence == Bytes {
        var (value, shift): (UInt64, UInt64) = (0, 0)
        while let byte = bytes.popFirst(), shift < 64 {
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        return nil
    }
}
