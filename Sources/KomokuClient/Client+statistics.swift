public import Komoku

extension Client {
    /// Statistics of a key.
    ///
    /// - Throws: `ClientError.refused` for an empty range, more than 10,000 windows or an unknown step or zone; its message
    ///   says which.
    public func statistics(_ query: StatisticsQuery) async throws(ClientError) -> KeyStatistics {
        try Self.shaped(KeyStatistics(try await request("statistics", query.json)))
    }

    /// The readings of a counter that are left out, corrected or taken for a reset, and the first ones of other meters: `{time, value, before, kind, increase}`.
    public func outliers(
        of key: String, since: Timestamp? = nil, until: Timestamp? = nil
    ) async throws(ClientError) -> [JSON] {
        let result = try await request("repair", .object(Self.range(key, since, until)))
        return result["outliers"]?.array ?? []
    }

    /// Changes a point or says that the meter was replaced: `remove` with its time, `set` with time and value, `replaced` or
    /// `not_replaced` with a time, or `undo`.
    public func repair(_ key: String, _ change: JSON.Member) async throws(ClientError) -> JSON {
        try await request("repair", .object([JSON.Member("key", .string(key)), change]))
    }

    /// The spans of time in which a key had a value, ascending; equal values in a row are one span.
    public func spans(
        _ key: String, value: JSON = true, since: Timestamp? = nil, until: Timestamp? = nil, limit: Int? = nil
    ) async throws(ClientError) -> [KeySpan] {
        var members = Self.range(key, since, until)
        members.append(JSON.Member("value", value))
        if let limit { members.append(JSON.Member("limit", .number(Double(limit)))) }
        let result = try await request("spans", .object(members))
        let unwatched = result["unwatched"]?.array ?? []
        return (result["spans"]?.array ?? []).enumerated().compactMap { index, span in
            KeySpan(span, unwatched: index < unwatched.count ? unwatched[index] : nil)
        }
    }

    /// Statistics summed over all equal hours of the day, or days of the week.
    public func profile(
        _ key: String, by period: KeyProfile.Period, since: Timestamp? = nil, until: Timestamp? = nil,
        zone: String? = nil
    ) async throws(ClientError) -> KeyProfile {
        var members = Self.range(key, since, until)
        members.append(JSON.Member("by", .string(period.rawValue)))
        if let zone { members.append(JSON.Member("zone", .string(zone))) }
        return try Self.shaped(KeyProfile(try await request("profile", .object(members))))
    }

    private static func range(_ key: String, _ since: Timestamp?, _ until: Timestamp?) -> [JSON.Member] {
        var members = [JSON.Member("key", .string(key))]
        if let since { members.append(JSON.Member("since", .number(since.seconds))) }
        if let until { members.append(JSON.Member("until", .number(until.seconds))) }
        return members
    }

    private static func shaped<Answer>(_ answer: Answer?) throws(ClientError) -> Answer {
        guard let answer else {
            throw .failed(code: "bad_answer", message: "the hub's answer is not shaped as this client expects")
        }
        return answer
    }
}
