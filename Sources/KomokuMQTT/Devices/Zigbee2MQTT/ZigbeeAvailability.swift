internal import Komoku

/// Who is there, by friendly names: it comes before the list of devices, after it, and for devices long gone.
struct ZigbeeAvailability {
    static let maximumCount = 4096
    static let maximumName = 1024

    private var names: [[UInt8]: Bool] = [:]

    subscript(name: String) -> Bool? { names[Array(name.utf8)] }

    mutating func set(_ isOnline: Bool?, _ name: [UInt8]) {
        guard names[name] != nil || (names.count < Self.maximumCount && name.count <= Self.maximumName) else { return }
        names[name] = isOnline
    }

    /// `{"state":"online"}`, or the plain word; nil for anything else.
    static func word(_ message: DeviceMessage) -> Bool? {
        guard message.payload.count <= 1024, let text = message.text else { return nil }
        let word = (try? JSON(parsing: text))?["state"]?.string ?? text
        return switch word {
        case "online": true
        case "offline": false
        default: nil
        }
    }
}
