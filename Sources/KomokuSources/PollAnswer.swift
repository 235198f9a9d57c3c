internal import Komoku
internal import KomokuHub
internal import KomokuMQTT

/// What an answer of a web service means.
struct PollAnswer {
    /// Of the present.
    private(set) var observations: [Observation] = []
    /// By the key, ascending times.
    private(set) var series: [(key: KeyName, points: [(time: Timestamp, value: Value)])] = []
    /// What is wrong with it, as sentences with the place in the configuration.
    private(set) var faults: [String] = []

    /// The most points of one series.
    static let maximumPoints = 2000

    var isEmpty: Bool { observations.isEmpty && series.allSatisfy { $0.points.isEmpty } }

    init(_ text: String, to poll: PollSettings.Poll, zone: Zone) {
        let json: JSON
        do throws(JSON.Invalid) {
            json = try JSON(parsing: text)
        } catch {
            let begin = text.prefix(40).split(whereSeparator: \.isWhitespace).joined(separator: " ")
            faults = ["the answer is no JSON: \(error.reason); it begins with '\(begin)'"]
            return
        }
        for field in poll.fields { read(field, json, poll.topic) }
        for series in poll.series { read(series, json, zone) }
    }

    private mutating func read(_ field: PollSettings.Field, _ json: JSON, _ topic: String) {
        guard let found = json.field(at: field.path), found != .null else {
            return fail("the answer has nothing at '\(field.path)'", field.place)
        }
        guard let input = FieldDecoder.Input(found) else {
            return fail("'\(field.path)' is an object or a list", field.place)
        }
        switch field.decoder.decode(input) {
        case .content(let content):
            let feed = Feed(key: field.key, topic: topic, type: field.decoder.type)
            observations.append(Observation(feed: feed, content: content))
        case .nothing: break
        case .refused(let reason): fail("'\(field.path)': \(reason)", field.place)
        }
    }

    private mutating func read(_ series: PollSettings.Series, _ json: JSON, _ zone: Zone) {
        let rows: [(time: JSON?, value: JSON?)]
        switch series.shape {
        case .columns(let times, let values):
            guard let time = json.field(at: times)?.array else { return fail("'\(times)' is no list", series.place) }
            guard let value = json.field(at: values)?.array else { return fail("'\(values)' is no list", series.place) }
            guard time.count == value.count else {
                return fail("'\(times)' has \(time.count) items, and '\(values)' \(value.count)", series.place)
            }
            rows = zip(time, value).map { ($0, $1) }
        case .rows(let list, let time, let value):
            let found = list == "." ? json : json.field(at: list)
            guard let items = found?.array else { return fail("'\(list)' is no list", series.place) }
            rows = items.prefix(Self.maximumPoints + 1).map { ($0.field(at: time), $0.field(at: value)) }
        }
        guard rows.count <= Self.maximumPoints else {
            return fail("there are more than \(Self.maximumPoints) points", series.place)
        }
        self.series.append((series.key, points(of: rows, series, zone)))
    }

    /// What cannot be read is left out, and the first of it told.
    private mutating func points(
        of rows: [(time: JSON?, value: JSON?)], _ series: PollSettings.Series, _ zone: Zone
    ) -> [(time: Timestamp, value: Value)] {
        var points: [Timestamp: Value] = [:]
        var before: Timestamp?
        var fault: String?
        for (number, row) in rows.enumerated() {
            // Nobody knows yet.
            guard let value = row.value, value != .null else { continue }
            guard let time = row.time.flatMap({ Timestamp(polled: $0, in: zone, after: before) }) else {
                fault = fault ?? "item \(number + 1) has no time that can be read"
                continue
            }
            before = time
            guard let input = FieldDecoder.Input(value) else {
                fault = fault ?? "the value of item \(number + 1) is an object or a list"
                continue
            }
            switch series.decoder.decode(input) {
            case .content(.value(let value)): points[time] = value
            case .content(.text(let text)): points[time] = Value.infer(text)?.value
            case .content(.unknown), .nothing: break
            case .refused(let reason): fault = fault ?? "item \(number + 1): \(reason)"
            }
        }
        if let fault { fail(fault, series.place) }
        if rows.isEmpty { fail("the list is empty", series.place) }
        return points.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    private mutating func fail(_ reason: String, _ place: SourcePosition) {
        guard faults.count < 8 else { return }
        faults.append("\(reason) (\(place))")
    }
}

extension FieldDecoder.Input {
    /// Nil for an object and a list.
    fileprivate init?(_ json: JSON) {
        switch json {
        case .number(let number): self = .number(number)
        case .bool(let flag): self = .bool(flag)
        case .string(let text): self = .text(text)
        case .null, .array, .object: return nil
        }
    }
}

extension Timestamp {
    /// A number of seconds or milliseconds since 1970, or a date of ISO 8601, also without a time of day.
    ///
    /// - Parameters:
    ///   - zone: of dates that do not say how far they are from UTC.
    ///   - before: of the item before: of a time that clocks show twice, the first that is later.
    init?(polled json: JSON, in zone: Zone, after before: Timestamp?) {
        let number = json.number ?? json.string.flatMap { DecimalNumber.parse(Array($0.utf8)) }
        if let number {
            // As seconds these are the year 5138.
            self.init(seconds: number.magnitude < 1e11 ? number : number / 1000)
            return
        }
        guard var text = json.string, text.utf8.count <= 40 else { return nil }
        if text.utf8.count == 10 { text += "T00:00" }
        let latest = Timestamp(microseconds: .max)
        guard let late = Timestamp(dated: text, in: zone, notAfter: latest) else { return nil }
        let early = Timestamp(dated: text, in: zone, notAfter: late - Duration(microseconds: 1)) ?? late
        self = early > before ?? .distantPast ? early : late
    }
}
