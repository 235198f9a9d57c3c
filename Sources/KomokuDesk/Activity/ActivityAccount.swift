internal import Komoku
internal import KomokuHub
internal import KomokuStore
internal import KomokuWire

/// Gathers a page of what happened: of each source as much as the page can hold, the newest of all of it.
struct ActivityAccount: Sendable {
    /// A key as far as what happened to it is told.
    struct Key: Sendable {
        let id: KeyID
        let name: KeyName
        let isState: Bool
        let isEvent: Bool
        let unit: String?
        let device: String?
        /// It says whether its device is there.
        let isOnline: Bool
        let isWritable: Bool
        let newest: Timestamp?
        let origin: KeyOrigin?
        let command: CommandState?
    }

    let request: ActivityRequest
    let store: Store
    let rights: Rights
    let limit: Int
    /// What is not before it is not told.
    let end: Timestamp
    var keys: [Key] = []
    var outages: [Outage] = []
    var notes: [RuleNotification] = []
    /// Nil where no rules run.
    var view: RuleView?

    /// Points of a key that are looked at for a page; where equal ones hide what is older, the page ends there.
    private static let mostPoints = 1000

    init(_ request: ActivityRequest, store: Store, rights: Rights, now: Timestamp) {
        (self.request, self.store, self.rights) = (request, store, rights)
        limit = request.limit ?? ActivityRequest.usualLimit
        end = request.before.flatMap(ActivityCursor.init)?.time ?? now + .seconds(1)
    }

    private func wants(_ kind: ActivityEntry.Kind) -> Bool { request.kinds?.contains(kind) ?? true }

    var wantsRuns: Bool { wants(.run) || wants(.decision) || wants(.command) || wants(.change) }

    var runQuery: RunQuery {
        RunQuery(
            rule: request.rule, key: request.key, since: request.since,
            before: request.before.flatMap(ActivityCursor.init)?.run, limit: limit * 2)
    }

    // MARK: The page

    /// - Parameter rows: the newest of the why log before the page that may be seen.
    func answer(_ rows: [RunRow]) -> Reply {
        do throws(Store.Error) {
            var page = ActivityPage()
            var floor = request.since ?? .distantPast
            // What is older than a list that was cut may be in it.
            if rows.count >= runQuery.limit, let last = rows.last { floor = max(floor, last.time) }
            let seen = rows.filter { row in
                row.time < end && (request.device == nil || isOfDevice(row))
            }
            var entries = runEntries(seen) + commandEntries(seen) + noteEntries + outageEntries
            entries += try changes(with: seen, besides: entries.count(where: { $0.time >= floor }), &floor)
            let told = entries.filter { $0.time < end && $0.time >= floor && wants($0.kind) }
                .sorted { ($0.time, $0.id) > ($1.time, $1.id) }
            page.activity = cut(told)
            if let cursor = cursor(page.activity, isAll: told.count == page.activity.count, floor, seen) {
                page.before = cursor.text
            }
            return .shape(page)
        } catch {
            return .error(.store(error))
        }
    }

    /// The limit, and what is of the same time as the last of it.
    private func cut(_ entries: [ActivityEntry]) -> [ActivityEntry] {
        guard entries.count > limit else { return entries }
        let last = entries[limit - 1].time
        return Array(entries.prefix { $0.time >= last })
    }

    private func cursor(
        _ told: [ActivityEntry], isAll: Bool, _ floor: Timestamp, _ rows: [RunRow]
    ) -> ActivityCursor? {
        let time: Timestamp
        if !isAll, let last = told.last {
            time = last.time
        } else if floor > (request.since ?? .distantPast) {
            time = floor
        } else {
            return nil
        }
        let run = rows.filter { $0.time >= time }.map(\.id).min()
        return ActivityCursor(time, run: run ?? request.before.flatMap(ActivityCursor.init)?.run)
    }

    private func isOfDevice(_ row: RunRow) -> Bool { row.keys.contains { name in keys.contains { $0.name == name } } }

    // MARK: Changes

    /// - Parameter others: entries that the page has already.
    private func changes(
        with rows: [RunRow], besides others: Int, _ floor: inout Timestamp
    ) throws(Store.Error) -> [ActivityEntry] {
        guard request.rule == nil, wants(.change) || wants(.device) else { return [] }
        var found: [ActivityEntry] = []
        // The newest first: once the page is full, keys that were quiet since need not be looked at.
        let sorted = keys.filter { $0.isState || request.key != nil }
            .sorted { ($0.newest ?? .distantPast) > ($1.newest ?? .distantPast) }
        var times: [Timestamp] = []
        for key in sorted {
            guard let newest = key.newest else { continue }
            if times.count >= limit, newest < times[limit - 1] { break }
            let changes = try changes(of: key, with: rows, &floor)
            guard !changes.isEmpty else { continue }
            found += changes
            times = (times + changes.map(\.time)).sorted(by: >)
            times.removeLast(max(0, times.count - limit))
        }
        return found
    }

    private func changes(
        of key: Key, with rows: [RunRow], _ floor: inout Timestamp
    ) throws(Store.Error) -> [ActivityEntry] {
        let points = try store.pointsWaiting(of: key.id, until: end, limit: Self.mostPoints, newestFirst: true)
        if points.count == Self.mostPoints, let oldest = points.last { floor = max(floor, oldest.time) }
        var found: [ActivityEntry] = []
        for (index, point) in points.enumerated() {
            let before = index + 1 < points.count ? points[index + 1] : nil
            if before == nil, points.count == Self.mostPoints { break }
            // One more than the page holds tells that there is more.
            guard point.time >= floor, found.count <= limit else { break }
            guard key.isEvent || before?.value != point.value else { continue }
            found.append(ActivityEntry(change: point, before: before, of: key, cause: cause(of: point, key, rows)))
        }
        return found
    }

    /// What brought a value: a run of the why log or a command that the device reports, else, of the present one, what the hub
    /// knows of it.
    private func cause(of point: Point, _ key: Key, _ rows: [RunRow]) -> ActivityEntry.Cause? {
        let origin = key.origin.flatMap { $0.time == point.time ? cause($0.cause) : nil }
        // Of a message it is worth telling what the device answered with it.
        if let origin, origin.kind != ChangeCause.Kind.message.rawValue { return origin }
        return cause(inRunsOf: point, key, rows) ?? cause(inCommandOf: point, key) ?? origin
    }

    private func cause(_ cause: Cause) -> ActivityEntry.Cause {
        var cause = ChangeCause(cause, for: rights)
        if let rule = cause.rule, !(view?.sees(rule: rule) ?? true) { cause = ChangeCause(.rule) }
        return ActivityEntry.Cause(cause)
    }

    private func cause(inCommandOf point: Point, _ key: Key) -> ActivityEntry.Cause? {
        guard let command = key.command, command.value == point.value, command.time <= point.time,
            point.time < command.time + Self.commandTime
        else { return nil }
        return command.cause.map(cause)
    }

    private func cause(inRunsOf point: Point, _ key: Key, _ rows: [RunRow]) -> ActivityEntry.Cause? {
        guard let value = point.value else { return nil }
        let isOwn = point.provenance == .derived
        let row = rows.first { row in
            isOwn
                ? row.wasUnderWay(at: point.time) && row.changed(key.name)
                : row.wasUnderWay(at: point.time, orFor: Self.commandTime) && row.mayHavePut(value, to: key.name)
        }
        guard let row else { return nil }
        var cause = ActivityEntry.Cause("rule")
        (cause.rule, cause.run, cause.step) = (row.rule, row.id, row.step(changing: key.name))
        return cause
    }

    /// How long a device may take to report what it was told.
    static let commandTime = Duration.seconds(30)

    // MARK: Runs and commands

    private func runEntries(_ rows: [RunRow]) -> [ActivityEntry] {
        reports(of: rows).map { ActivityEntry(run: $0) }
    }

    /// There are rows only where rules run.
    private func reports(of rows: [RunRow]) -> [RunReport] { view.map { rows.map($0.report) } ?? [] }

    /// What runs told devices, then the newest command to each key, whoever gave it.
    private func commandEntries(_ rows: [RunRow]) -> [ActivityEntry] {
        let writable = Dictionary(keys.filter(\.isWritable).map { ($0.name, $0) }) { first, _ in first }
        var entries = zip(rows, reports(of: rows)).flatMap { row, report in
            report.effects.enumerated().compactMap { index, effect -> ActivityEntry? in
                guard let name = effect.key, let key = writable[name], !effect.verb.isEmpty else { return nil }
                return ActivityEntry(effect: effect, number: index, of: row, key)
            }
        }
        for key in keys where request.rule == nil {
            guard let command = key.command, command.time < end else { continue }
            var entry = ActivityEntry(command: command, to: key)
            entry.cause = command.cause.map(cause)
            let same = entries.firstIndex { other in
                other.key?.utf8.elementsEqual(key.name.text.utf8) == true && other.time <= command.time
                    && command.time < other.time + Self.commandTime && other.outcome == "sent"
            }
            if let same {
                (entries[same].outcome, entries[same].text) = (entry.outcome, entry.text)
            } else {
                entries.append(entry)
            }
        }
        return entries
    }

    // MARK: Notifications and outages

    private var noteEntries: [ActivityEntry] {
        guard request.key == nil, request.device == nil else { return [] }
        return notes.filter { note in request.rule.map { $0.utf8.elementsEqual(note.rule.utf8) } ?? true }
            .map(ActivityEntry.init(note:))
    }

    private var outageEntries: [ActivityEntry] {
        guard request.key == nil, request.device == nil, request.rule == nil else { return [] }
        return outages.map(ActivityEntry.init(outage:))
    }
}
