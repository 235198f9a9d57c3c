import Komoku

extension Evaluator {
    mutating func computed(_ computed: ComputedReference, _ lookup: Lookup) -> Value? {
        guard let reference = reference(computed.kind, lookup) else { return nil }
        return sound(lookup(.reference(reference)), or: .noAnswer(reference))
    }

    private mutating func reference(_ kind: ComputedReference.Kind, _ lookup: Lookup) -> Reference? {
        switch kind {
        case .key(let key): name(key, lookup).map { .key($0) }
        case .stale(let key): name(key, lookup).map { .state(.stale($0)) }
        case .online(let device): text(device, lookup).map { .state(.online(device: $0)) }
        case .written(let time, let format): moment(time, lookup).map { .clock(.written($0, format)) }
        case .keys(let function, let subjects): keys(function, subjects, lookup).map { .keys($0) }
        case .history(let function, let subject, let argument):
            name(subject, lookup).flatMap { call(HistoryCall(function, $0), argument, lookup) }.map { .history($0) }
        }
    }

    private mutating func name(_ subject: ComputedReference.Subject, _ lookup: Lookup) -> KeyName? {
        switch subject {
        case .key(let name): name
        case .computed(let key): name(key, lookup)
        }
    }

    private mutating func name(_ key: ComputedKey, _ lookup: Lookup) -> KeyName? {
        if let name = key.key({ lookup(.reference(.local($0))) }) { return name }
        _ = unknown(.notName(key))
        return nil
    }

    private mutating func call(
        _ call: HistoryCall, _ argument: HistoryArgument, _ lookup: Lookup
    ) -> HistoryCall? {
        var call = call
        switch argument {
        case .none: return call
        case .window(let code): call.window = window(code, lookup)
        case .conditionAndWindow(let comparison, let code, let windowCode):
            guard let value = value(code, lookup) else { return nil }
            call.condition = HistoryCall.Condition(comparison, value)
            call.window = window(windowCode, lookup)
        case .ago(let code): call.moment = window(code, lookup).map { .ago($0) }
        case .time(let code): call.moment = time(code, lookup).map { .time($0) }
        }
        return call.window == nil && call.moment == nil ? nil : call
    }

    private mutating func window(_ code: Code, _ lookup: Lookup) -> Duration? {
        guard let seconds = number(code, lookup) else { return nil }
        if let duration = Duration(seconds: seconds), duration > .zero, duration <= Expression.longestDuration {
            return duration
        }
        _ = unknown(.notATime(seconds))
        return nil
    }

    private mutating func keys(
        _ function: KeysCall.Function, _ subjects: [ComputedReference.KeySubject], _ lookup: Lookup
    ) -> KeysCall? {
        var parts: [KeysCall.Subject] = []
        for subject in subjects {
            var condition: HistoryCall.Condition?
            if let (comparison, code) = subject.comparison {
                guard let value = value(code, lookup) else { return nil }
                condition = HistoryCall.Condition(comparison, value)
            }
            parts.append(KeysCall.Subject(pattern: subject.pattern, condition: condition))
        }
        return KeysCall(function: function, subjects: parts)
    }

    private mutating func moment(_ code: Code, _ lookup: Lookup) -> Timestamp? {
        guard let seconds = number(code, lookup) else { return nil }
        if let time = Timestamp(seconds: seconds) { return time }
        _ = unknown(.notAMoment(seconds))
        return nil
    }

    private mutating func time(_ code: Code, _ lookup: Lookup) -> Timestamp? {
        guard let seconds = number(code, lookup) else { return nil }
        if let time = Timestamp(seconds: seconds) { return time }
        _ = unknown(.notATime(seconds))
        return nil
    }
}
