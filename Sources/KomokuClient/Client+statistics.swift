public import Komoku
public import KomokuWire

extension Client {
    /// What the house's meters counted, and what it cost.
    ///
    /// - Throws: `ClientError.refused` with `notFound` where the configuration names no meters.
    public func energy(_ request: EnergyRequest) async throws(ClientError) -> EnergyReport {
        try await ask(.energy(request))
    }

    /// The readings of a counter that are left out, corrected or taken for a reset, and the first ones of other meters.
    public func outliers(
        of key: String, since: Timestamp? = nil, until: Timestamp? = nil
    ) async throws(ClientError) -> [Outlier] {
        let request = RepairRequest(try name(key), .list(HistoryRange(since: since, until: until)))
        return try await ask(.repair(request), for: Outliers.self).outliers
    }

    /// Changes a point, or says that the meter was replaced.
    public func repair(_ key: String, _ action: RepairRequest.Action) async throws(ClientError) -> Repaired {
        try await ask(.repair(RepairRequest(name(key), action)))
    }
}

extension KeyService {
    /// Statistics of a key: of each window of a `step` such as `1h` or `1d`, without it of the whole range.
    public func statistics(
        of key: String, since: Timestamp? = nil, until: Timestamp? = nil, step: String? = nil
    ) async throws(ClientError) -> KeyStatistics {
        try await statistics(StatisticsRequest(name(key), since: since, until: until, step: step))
    }

    /// Statistics of a key, of which the request has the whole name.
    ///
    /// - Throws: `ClientError.refused` for an empty range, more than 10,000 windows or an unknown step or zone; its message
    ///   says which.
    public func statistics(_ request: StatisticsRequest) async throws(ClientError) -> KeyStatistics {
        let result = try await perform(.statistics(request))["result"] ?? .null
        return try shaped { () throws(Refusal) in try KeyStatistics(result) }
    }

    /// The spans of time in which a key had a value, ascending; equal values in a row are one span.
    public func spans(
        _ key: String, value: JSON = true, since: Timestamp? = nil, until: Timestamp? = nil, limit: Int? = nil
    ) async throws(ClientError) -> [KeySpan] {
        var request = SpansRequest(try name(key), of: value, since: since, until: until)
        request.limit = limit
        let result = try await perform(.spans(request))["result"] ?? .null
        return try shaped { () throws(Refusal) in try [KeySpan](answer: result) }
    }

    /// Statistics summed over all equal hours of the day, or days of the week.
    public func profile(
        _ key: String, by period: KeyProfile.Period, since: Timestamp? = nil, until: Timestamp? = nil,
        zone: String? = nil
    ) async throws(ClientError) -> KeyProfile {
        var request = ProfileRequest(try name(key), by: period, since: since, until: until)
        request.zone = zone
        let result = try await perform(.profile(request))["result"] ?? .null
        return try shaped { () throws(Refusal) in try KeyProfile(result) }
    }
}
