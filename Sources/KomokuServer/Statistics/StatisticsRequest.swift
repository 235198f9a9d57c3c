internal import Komoku
internal import KomokuStore

/// What `statistics` asks for.
struct StatisticsRequest: Hashable, Sendable {
    var key: KeyName
    var range: HistoryRange
    var step: Step
    /// The step as it was sent; nil is one window.
    var stepText: String?
    /// A name of the time-zone database; nil is the hub's.
    var zone: String?
    var figures: StatisticsFigures

    init(_ body: JSON) throws(Refusal) {
        key = try body.keyName()
        range = try HistoryRange(body)
        stepText = try body.text("step")
        do {
            step = try stepText.map(Step.init(parsing:)) ?? .whole
        } catch {
            throw .invalidQuery("\(error)")
        }
        zone = try body.text("zone")
        figures = try StatisticsFigures(body)
    }
}

/// What `profile` asks for: figures of all equal hours of the day, or days of the week, together.
struct ProfileRequest: Hashable, Sendable {
    var key: KeyName
    var range: HistoryRange
    var period: Profile.By
    var zone: String?
    var figures: StatisticsFigures

    init(_ body: JSON) throws(Refusal) {
        key = try body.keyName()
        range = try HistoryRange(body)
        guard let period = Profile.By(rawValue: try body.text("by") ?? "hour") else {
            throw .invalidQuery("'by' is 'hour' or 'weekday'")
        }
        self.period = period
        zone = try body.text("zone")
        figures = try StatisticsFigures(body)
    }
}

/// What `spans` asks for.
struct SpansRequest: Hashable, Sendable {
    var key: KeyName
    var value: JSON
    var range: HistoryRange
    var limit: Int

    static let maximum = 100_000

    init(_ body: JSON) throws(Refusal) {
        key = try body.keyName()
        value = body["value"] ?? true
        range = try HistoryRange(body)
        limit = try body.count("limit", in: 1...Self.maximum) ?? Self.maximum
    }
}

/// Which figures are wanted.
struct StatisticsFigures: Hashable, Sendable {
    /// As they were asked for; nil is all that the key has.
    var fields: [StatisticsField]?
    /// 0 to 100.
    var percentiles: [Double]

    private static let usualPercentiles = [50.0, 95, 99]
    private static let maximumPercentiles = 100

    init(_ body: JSON) throws(Refusal) {
        fields = try Self.fields(body["fields"])
        percentiles = try Self.percentiles(body["percentiles"])
        if fields?.contains(.percentiles) == true, percentiles.isEmpty { percentiles = Self.usualPercentiles }
    }

    /// The figures of a key, each once.
    ///
    /// - Throws: where one was asked for that the key does not have.
    func fields(for type: KeyType, unit: String?) throws(Refusal) -> [StatisticsField] {
        let all = StatisticsField.all(of: type, unit: unit)
        if fields?.contains(.energy) == true, type == .numeric, !all.contains(.energy) {
            throw .invalidQuery("only keys in W, kW or MW have an 'energy'; give the key a 'unit'")
        }
        let asked = (fields ?? all.filter { $0 != .percentiles }) + (percentiles.isEmpty ? [] : [.percentiles])
        if let stranger = asked.first(where: { !all.contains($0) }) {
            throw .invalidQuery(
                "a key that is \(type.rawValue) has no '\(stranger.rawValue)'; it has "
                    + all.map(\.rawValue).joined(separator: ", "))
        }
        return all.filter { asked.contains($0) }
    }

    private static func fields(_ json: JSON?) throws(Refusal) -> [StatisticsField]? {
        guard let json, !json.isNull else { return nil }
        guard let items = json.array, !items.isEmpty else { throw .invalidQuery("'fields' is a list of names") }
        var fields: [StatisticsField] = []
        for item in items {
            guard let name = item.string, let field = StatisticsField(rawValue: name) else {
                let all = StatisticsField.allCases.map(\.rawValue).joined(separator: ", ")
                throw .invalidQuery("there is no field \(item.text.prefix(40)); there are \(all)")
            }
            fields.append(field)
        }
        return fields
    }

    private static func percentiles(_ json: JSON?) throws(Refusal) -> [Double] {
        guard let json, !json.isNull else { return [] }
        let numbers = json.array?.map { $0.number ?? -1 } ?? [-1]
        guard numbers.count <= maximumPercentiles, numbers.allSatisfy({ 0...100 ~= $0 }) else {
            throw .invalidQuery("'percentiles' is a list of at most \(maximumPercentiles) numbers from 0 to 100")
        }
        return numbers
    }
}
