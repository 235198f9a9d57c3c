/// What a message to a lamp or relay wants.
enum SwitchCommand: Hashable, Sendable {
    case on, off, toggle

    init?(_ word: String) {
        switch word.lowercased() {
        case "on", "true", "1": self = .on
        case "off", "false", "0": self = .off
        case "toggle", "2": self = .toggle
        default: return nil
        }
    }

    func result(from isOn: Bool) -> Bool {
        switch self {
        case .on: true
        case .off: false
        case .toggle: !isOn
        }
    }
}
