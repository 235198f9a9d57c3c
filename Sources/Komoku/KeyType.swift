/// What kind of values a key takes.
public enum KeyType: String, Hashable, Sendable, CaseIterable {
    /// A gauge: a double that goes up and down.
    case numeric
    /// A double that only ever grows, or is stepped.
    case counter
    case boolean
    /// A boolean that falls to false when it is not refreshed within `max_time`.
    case uptime
    /// Free text, or one of `values`.
    case string

    public var isNumber: Bool { self == .numeric || self == .counter }
    public var isBoolean: Bool { self == .boolean || self == .uptime }
}
