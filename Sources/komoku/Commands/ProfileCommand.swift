internal import ArgumentParser
internal import Komoku
internal import KomokuClient
internal import KomokuWire

struct ProfileCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "profile", abstract: "Show the typical day or week of a key, hour by hour or day by day.",
        discussion:
            "Combines equal hours of all days, or equal days of all weeks, since --since (default: 24 hours ago).")

    @Argument(help: "The key: kitchen.power.", completion: .keys)
    var key: String

    @Option(help: "hour or weekday.", completion: .list(KeyProfile.Period.allCases.map(\.rawValue)))
    var by = "hour"

    @OptionGroup var range: RangeOptions

    @Flag(help: "Print CSV.")
    var csv = false

    @OptionGroup var hub: HubOptions

    func validate() throws {
        try hub.check(csv: csv)
        try range.checkPast()
        _ = try period()
    }

    private func period() throws -> KeyProfile.Period {
        if let period = KeyProfile.Period(rawValue: by) { return period }
        throw ValidationError("'\(by)' is no profile; write --by hour or --by weekday")
    }

    func run() async throws {
        let period = try period()
        try await hub.withClient { client in
            let (since, until) = try range.pastBounds()
            let found = try await client.required(key)
            let profile = try await client.profile(key, by: period, since: since, until: until, zone: hub.zone)
            if hub.json { return Terminal.say(Self.json(profile).text) }
            let type = KeyType(rawValue: found.type)
            if csv {
                Terminal.say(lines: Self.csv(profile, type))
            } else {
                Terminal.say(table: Self.table(profile, type, on: .standard))
            }
        }
    }

    private static let weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]

    static func label(_ number: Int, _ period: KeyProfile.Period) -> String {
        switch period {
        case .hour: (number < 10 ? "0" : "") + "\(number):00"
        case .weekday: weekdays.indices.contains(number - 1) ? weekdays[number - 1] : "\(number)"
        }
    }

    static func table(_ profile: KeyProfile, _ type: KeyType?, on screen: Screen) -> [String] {
        var table = TextTable()
        table.add(
            LocalTime.heading(profile.period.rawValue), profile.buckets.map { label($0.number, profile.period) },
            isRight: false)
        let figures = profile.buckets.map(\.figures)
        table.add(figures, Figure.row(for: type), [])
        table.addBars(figures, Figure.bar(for: type))
        return table.lines(on: screen)
    }

    private static func csv(_ profile: KeyProfile, _ type: KeyType?) -> [String] {
        let fields = Figure.block(for: type)
        let lines = profile.buckets.map { bucket in
            let cells = fields.map { bucket.figures.value($0).map(CSV.field) ?? "" }
            return ([String(bucket.number)] + cells).joined(separator: ",")
        }
        return [([profile.period.rawValue] + fields.map(\.rawValue)).joined(separator: ",")] + lines
    }

    private static func json(_ profile: KeyProfile) -> JSON {
        [
            "by": .string(profile.period.rawValue), "zone": profile.zone.map { .string($0) } ?? .null,
            "buckets": .array(profile.buckets.map(\.figures.json)),
        ]
    }
}
