import Komoku

extension EffectLog {
    init?(coding json: JSON) {
        let items = json["e"]?.array ?? []
        let effects = items.compactMap(RunEffect.init(coding:))
        let omitted = json["m"].map { $0.exactInteger } ?? 0
        let names = json["k"]?.array
        let keys = names?.compactMap { $0.string.flatMap(KeyName.init) } ?? EffectLog.keys(of: effects)
        guard effects.count == items.count, keys.count == names?.count ?? keys.count, let omitted else { return nil }
        self.init(effects: effects, omitted: Int(omitted), keys: keys)
    }
}

extension RunEffect {
    /// As the cell of a run has it, of which there may be 100,000.
    var coded: JSON {
        var items: [JSON] = [.string(step), .string(verb)]
        let rest: [JSON?] = [
            key.map { .string($0.text) }, value, text.map { .string($0) }, outcome.map { .string($0.rawValue) },
            reason.map { .string($0) }, isHidden ? true : nil, scripts.isEmpty ? nil : scripts.coded,
        ]
        items += rest[..<(rest.lastIndex { $0 != nil }.map { $0 + 1 } ?? 0)].map { $0 ?? .null }
        return .array(items)
    }

    fileprivate init?(coding json: JSON) {
        if json.string != nil {
            self.init(json)
            return
        }
        guard let items = json.array, 2...9 ~= items.count, let step = items[0].string, let verb = items[1].string
        else { return nil }
        func item(_ place: Int) -> JSON? { items.indices.contains(place) && items[place] != .null ? items[place] : nil }
        guard let key = item(2).checked({ $0.string.flatMap { KeyName($0) } }), let text = item(4).checked(\.string),
            let outcome = item(5).checked({ $0.string.flatMap(Outcome.init(rawValue:)) }),
            let reason = item(6).checked(\.string), let isHidden = item(7).checked(\.bool),
            let scripts = item(8).checked({ [Script](coding: $0) })
        else { return nil }
        self.init(
            step: step, scripts: scripts ?? [], verb: verb, key: key, value: item(3), text: text,
            isHidden: isHidden ?? false, outcome: outcome, reason: reason)
    }
}

extension [RunEffect.Script] {
    fileprivate var coded: JSON { .array(flatMap { [.string($0.name), .string($0.step)] }) }

    fileprivate init?(coding json: JSON) {
        guard let words = json.array?.compactMap(\.string), words.count == json.array?.count, words.count % 2 == 0
        else { return nil }
        self = stride(from: 0, to: words.count, by: 2).map { RunEffect.Script(name: words[$0], step: words[$0 + 1]) }
    }
}
