import Komoku

/// What a stored point holds. The raw values are stored: never renumber them.
enum ValueKind: UInt8 {
    case gap = 0
    case boolean = 1
    case number = 2
    case string = 3

    init(of value: Value?) {
        switch value {
        case nil: self = .gap
        case .boolean: self = .boolean
        case .number: self = .number
        case .string: self = .string
        }
    }
}
