import Komoku

/// A device's words for off, on, toggle and hold.
struct TasmotaWords: Hashable, Sendable {
    let on: [String]
    let off: [String]

    /// The firmware's own words are understood too where the owner's do not mean the opposite.
    init(_ config: TasmotaConfig) {
        let (off, on) = (config.stateWords[0], config.stateWords[1])
        self.on = on == "ON" || off == "ON" ? [on] : [on, "ON"]
        self.off = off == "OFF" || on == "OFF" ? [off] : [off, "OFF"]
    }

    /// Nil for another word.
    func boolean(_ word: String) -> Bool? {
        if on.contains(where: { $0.utf8.elementsEqual(word.utf8) }) { return true }
        return off.contains { $0.utf8.elementsEqual(word.utf8) } ? false : nil
    }

    var decoder: DeviceDecoder { .boolean(on: on, off: off) }

    /// For what may also say something else: a switch that was held.
    var stateOnly: DeviceDecoder {
        .custom { input in
            if case .bool(let bool) = input { return .value(.boolean(bool)) }
            return boolean(input.text).map { .value(.boolean($0)) } ?? .nothing
        }
    }

    /// What a switch says beside its state: `TOGGLE`, `HOLD`.
    var actionOnly: DeviceDecoder {
        .custom { input in
            boolean(input.text) != nil || Value.infer(input.text) == nil ? .nothing : .value(.string(input.text))
        }
    }

    /// A payload that is the word, or with SetOption4 an object that has it as `key`.
    func payload(_ keys: [String]) -> DeviceDecoder {
        .custom { input in
            let text = input.text
            guard text.utf8.first == UInt8(ascii: "{") else { return decoder.decode(input) }
            guard let json = try? JSON(parsingFromDevice: text.utf8) else { return .refused("the payload is not JSON") }
            let word = keys.lazy.compactMap { json[$0]?.string }.first
            return word.map { decoder.decode(.text($0)) } ?? .nothing
        }
    }
}
