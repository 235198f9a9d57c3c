internal import Komoku
internal import KomokuHub

/// Where and how a phone was, as OwnTracks says it (https://owntracks.org/booklet/tech/json).
struct OwnTracksPosition {
    struct Invalid: Error {
        let reason: String
    }

    let time: Timestamp
    /// By the names of the properties.
    private(set) var values: [(property: String, value: Value)] = []

    /// - Parameter arrival: of the message; no position is of a later time.
    init(_ json: JSON, arrival: Timestamp) throws(Invalid) {
        guard let latitude = json["lat"]?.number, let longitude = json["lon"]?.number else {
            throw Invalid(reason: "a position needs the numbers 'lat' and 'lon'")
        }
        guard (-90...90).contains(latitude), (-180...180).contains(longitude) else {
            throw Invalid(reason: "'lat' is from -90 to 90, and 'lon' from -180 to 180 degrees")
        }
        var time = arrival
        if let stamp = json["tst"] {
            guard let seconds = stamp.number, seconds > 0, let measured = Timestamp(seconds: seconds) else {
                throw Invalid(reason: "'tst' is when the position was measured, in seconds since 1970")
            }
            time = min(measured, arrival)
        }
        self.time = time
        values = [(Self.latitude, .number(latitude)), (Self.longitude, .number(longitude))]
        add(Self.accuracy, json["acc"], 0...1e7)
        add("altitude", json["alt"], -1000...100_000)
        add("velocity", json["vel"], 0...10_000)
        add(Self.battery, json["batt"], 0...100)
        // The crossing of a border is a position without them.
        if json["_type"]?.string == "location" { values.append(("regions", .string(Self.regions(json["inregions"])))) }
    }

    /// What is missing, or makes no sense, is left out: the position counts all the same.
    private mutating func add(_ property: String, _ json: JSON?, _ range: ClosedRange<Double>) {
        guard let number = json?.number, range.contains(number) else { return }
        values.append((property, .number(number)))
    }

    /// The names of the places that the app has for where it is.
    private static func regions(_ json: JSON?) -> String {
        let names = (json?.array ?? []).prefix(32).compactMap(\.string)
            .filter { $0.utf8.count <= OwnTracksSource.maximumName }
        return names.joined(separator: ", ")
    }

    // MARK: Properties

    static let latitude = "latitude"
    static let longitude = "longitude"
    static let accuracy = "accuracy"
    static let battery = "battery"
    static let transition = "transition"

    /// Of each device, whatever it has said so far.
    static let properties: [PropertyDescription] = {
        var charge = PropertyDescription(battery, .numeric, unit: "%")
        charge.deviceClass = "battery"
        charge.category = .diagnostic
        var crossing = PropertyDescription(transition, .string)
        crossing.isEvent = true
        return [
            PropertyDescription(latitude, .numeric, unit: "°"), PropertyDescription(longitude, .numeric, unit: "°"),
            PropertyDescription(accuracy, .numeric, unit: "m"), PropertyDescription("altitude", .numeric, unit: "m"),
            PropertyDescription("velocity", .numeric, unit: "km/h"), PropertyDescription("regions", .string),
            charge, crossing,
        ]
    }()
}
