public import Komoku

/// Figures of a window, by field.
public struct StatisticsFigures: Hashable, Sendable {
    /// A figure as it is told. What is unknown, or no number that JSON has, is null.
    package enum Figure: Hashable, Sendable {
        case number(Double?)
        case value(Komoku.Value?)
        /// Percentiles, in the order of the question.
        case numbers([Double?])
        case states([(text: String, seconds: Double)])
        case others(Others?)

        package static func == (left: Figure, right: Figure) -> Bool { left.json == right.json }
        package func hash(into hasher: inout Hasher) { json.hash(into: &hasher) }
    }

    /// What the texts come to that `states` does not list: it has 32 at most, and none of more than 256 bytes.
    public struct Others: Hashable, Sendable {
        public let seconds: Double
        /// How many points had such a text.
        public let number: Double

        package init(seconds: Double, number: Double) { (self.seconds, self.number) = (seconds, number) }
    }

    package struct Entry: Hashable, Sendable {
        package var field: StatisticsField
        package var figure: Figure

        package init(_ field: StatisticsField, _ figure: Figure) { (self.field, self.figure) = (field, figure) }
    }

    /// In the order in which they are told.
    package var entries: [Entry] = []
    /// Seconds in which nobody watched; they are not among those that are known.
    public var unwatched = 0.0

    public init() {}

    package init(_ entries: [Entry], unwatched: Double) { (self.entries, self.unwatched) = (entries, unwatched) }

    private func figure(_ field: StatisticsField) -> Figure? { entries.first { $0.field == field }?.figure }

    /// A figure that is a number; seconds, where it is a length of time.
    public subscript(field: StatisticsField) -> Double? {
        switch figure(field) {
        case .number(let number): number
        case .value(let value): value?.json.number
        default: nil
        }
    }

    /// A figure that may be any value, such as `last`.
    public func value(_ field: StatisticsField) -> JSON? { figure(field)?.json.nonNull }

    /// In the order of the question; nil where raw points are missing.
    public var percentiles: [Double?] {
        if case .numbers(let numbers) = figure(.percentiles) { numbers } else { [] }
    }

    public var others: Others? { if case .others(let others) = figure(.others) { others } else { nil } }

    /// Seconds of each text, longest first.
    public var states: [(text: String, seconds: Double)] {
        guard case .states(let states) = figure(.states) else { return [] }
        return states.sorted { $0.seconds > $1.seconds }
    }

    // MARK: The wire

    /// - Parameter json: the object of a window, whatever else it has.
    package init(_ json: JSON) {
        for member in json.object ?? [] {
            guard let field = StatisticsField(rawValue: member.name) else { continue }
            entries.append(Entry(field, Figure(member.value, of: field)))
        }
        unwatched = json["unwatched"]?.number ?? 0
    }

    /// The members that they are of a window's object.
    public var json: JSON {
        let figures = entries.map { JSON.Member($0.field.rawValue, $0.figure.json) }
        return .object(figures + (unwatched > 0 ? [JSON.Member("unwatched", .number(unwatched))] : []))
    }

    /// Appends `,"count":12, …`.
    package func write(into bytes: inout [UInt8]) {
        for entry in entries {
            bytes.append(contentsOf: #","\#(entry.field.rawValue)":"#.utf8)
            entry.figure.write(into: &bytes)
        }
        if unwatched > 0 { bytes.append(contentsOf: #","unwatched":\#(DecimalNumber.text(unwatched))"#.utf8) }
    }
}

extension StatisticsFigures.Figure {
    init(_ json: JSON, of field: StatisticsField) {
        switch field {
        case .percentiles: self = .numbers((json.array ?? []).map(\.number))
        case .states:
            let states = (json.object ?? []).compactMap { member in
                member.value.number.map { (text: member.name, seconds: $0) }
            }
            self = .states(states)
        case .others:
            guard let seconds = json["seconds"]?.number, let number = json["number"]?.number else {
                self = .others(nil)
                return
            }
            self = .others(.init(seconds: seconds, number: number))
        case .first, .last:
            switch json {
            case .number(let number): self = .value(.number(number))
            case .bool(let flag): self = .value(.boolean(flag))
            case .string(let text): self = .value(.string(text))
            default: self = .value(nil)
            }
        default: self = .number(json.number)
        }
    }

    func write(into bytes: inout [UInt8]) {
        switch self {
        case .number(let number): Self.write(number, into: &bytes)
        case .value(let value): JSON(value).write(into: &bytes)
        case .numbers(let numbers): JSON.writeList(numbers, into: &bytes) { Self.write($0, into: &$1) }
        case .states, .others: json.write(into: &bytes)
        }
    }

    var json: JSON {
        switch self {
        case .number(let number): number?.wire ?? .null
        case .value(let value): JSON(value)
        case .numbers(let numbers): .array(numbers.map { $0?.wire ?? .null })
        case .states(let states): .object(states.map { JSON.Member($0.text, .number($0.seconds)) })
        case .others(let others):
            others.map { ["seconds": .number($0.seconds), "number": .number($0.number)] } ?? .null
        }
    }

    private static func write(_ number: Double?, into bytes: inout [UInt8]) {
        guard let number, number.isFinite else { return JSON.null.write(into: &bytes) }
        JSON.number(number).write(into: &bytes)
    }
}
