/// A part of the house, or what is around it.
enum Room: String, CaseIterable, Sendable {
    case kitchen, hall, bedroom, bathroom, garden

    /// Temperature at which its heating or its walls hold it, °C.
    var comfort: Double {
        switch self {
        case .kitchen: 21.5
        case .hall: 19
        case .bedroom: 18.5
        case .bathroom: 23
        case .garden: 9
        }
    }

    /// Share of the daylight outside that comes in. The hall has no window: it is dark at any hour.
    var daylightShare: Double {
        switch self {
        case .kitchen: 0.03
        case .hall: 0.0005
        case .bedroom: 0.02
        case .bathroom: 0.008
        case .garden: 1
        }
    }
}
