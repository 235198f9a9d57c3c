internal import Komoku
internal import KomokuPrometheus

/// How Prometheus writes times, durations and numbers in parameters.
extension FormFields {
    /// Nil where there is none of that name, or it is empty.
    func given(_ name: String) -> String? { self[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// Microseconds since 1970, whole milliseconds; seconds or RFC 3339 in the text. Nil where it is not given.
    func time(_ name: String) throws(QueryError) -> Int64? {
        guard let text = given(name) else { return nil }
        let time =
            Double(text).flatMap(Timestamp.init(seconds:)) ?? (text.utf8.count <= 64 ? Timestamp(dated: text) : nil)
        guard let time else {
            throw QueryError(
                .badData,
                "invalid parameter \"\(name)\": cannot parse \"\(text.prefix(80))\" to a valid timestamp; "
                    + "give seconds since 1970, or a time such as 2026-01-31T08:30:00Z")
        }
        return (Double(time.microseconds) / 1000).rounded().microsecondsOfMilliseconds
    }

    func demanded(_ name: String) throws(QueryError) -> Int64 {
        guard let time = try time(name) else {
            throw QueryError(
                .badData, "invalid parameter \"\(name)\": cannot parse \"\" to a valid timestamp; it must be given")
        }
        return time
    }

    /// Microseconds, whole milliseconds; seconds or `1h30m` in the text. Nil where it is not given.
    func duration(_ name: String) throws(QueryError) -> Int64? {
        guard let text = given(name) else { return nil }
        if let milliseconds = Query.milliseconds(of: text) { return milliseconds * 1000 }
        guard let seconds = Double(text), seconds.magnitude < 1e11 else {
            throw QueryError(
                .badData,
                "invalid parameter \"\(name)\": cannot parse \"\(text.prefix(80))\" to a valid duration; "
                    + "give seconds, or a duration such as 90s or 1h30m")
        }
        return (seconds * 1000).rounded().microsecondsOfMilliseconds
    }

    /// The most that is answered; nil is all.
    func limit() throws(QueryError) -> Int? {
        guard let text = given("limit") else { return nil }
        guard let limit = Int(text), limit >= 0 else {
            throw QueryError(.badData, "invalid parameter \"limit\": \"\(text.prefix(80))\" is no number from 0 on")
        }
        return limit == 0 ? nil : limit
    }

    /// The selectors of `match[]`.
    func selectors() throws(QueryError) -> [[LabelMatcher]] {
        let texts = all("match[]")
        guard texts.count <= 64 else { throw QueryError(.badData, "there are at most 64 of \"match[]\"") }
        var selectors: [[LabelMatcher]] = []
        for text in texts {
            do throws(QueryError) {
                selectors.append(try Query.selector(text))
            } catch {
                throw QueryError(.badData, "invalid parameter \"match[]\": \(error.message)")
            }
        }
        return selectors
    }
}

extension Double {
    /// Of milliseconds that were bounded before.
    fileprivate var microsecondsOfMilliseconds: Int64 { magnitude < 1e15 ? Int64(self) * 1000 : 0 }
}
