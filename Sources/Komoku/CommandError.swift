/// Why the hub refused a command, in the words of the wire protocols.
public enum CommandError: String, Error, Hashable, Sendable, CaseIterable {
    case invalidJSON = "invalid_json"
    case invalidQuery = "invalid_query"
    case invalidValue = "invalid_value"
    case unknownValueType = "unknown_value_type"
    case invalidType = "invalid_type"
    case typeNotProvided = "type_not_provided"
    case typeMismatch = "type_mismatch"
    case invalidKey = "invalid_key"
}
