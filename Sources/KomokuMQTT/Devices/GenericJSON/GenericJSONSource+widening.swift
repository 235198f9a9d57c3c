internal import Komoku
internal import KomokuHub

/// Types that were guessed wrongly.
extension GenericJSONSource {
    func widen(_ property: PropertyID, for input: DeviceInput, _ news: inout DeviceNews) -> Bool {
        guard let device = devices[property.device], let known = device.property(property.name) else { return false }
        let input = Self.plain(input, of: device)
        // Another value of the same message, or of another message that was read before, may have widened it.
        if known.type != .string {
            guard known.isGuessed, device.widens(known, for: input) else { return false }
            tell(device, &news)
        }
        guard case .value(let value) = InferredValue.outcome(input, .string) else { return false }
        news.observe(property, value)
        return true
    }
}

extension GenericJSONSource {
    /// A payload may be a text of JSON with its quotation marks; a leaf has lost them.
    private static func plain(_ input: DeviceInput, of device: InferredDevice) -> DeviceInput {
        guard device.isDocument != true, case .text(let text) = input else { return input }
        return .text(InferredValue.unquoted(text) ?? text)
    }
}

extension InferredDevice {
    /// Lets a property become a text where a value shows that its type was guessed wrongly.
    ///
    /// - Returns: whether it did.
    func widens(_ known: PropertyDescription, for input: DeviceInput) -> Bool {
        switch GuessedType.verdict(on: input, for: known.type) {
        case .stands: return false
        case .widens: break
        case .widensWithAnother:
            var hasher = Hasher()
            for byte in input.text.utf8 { hasher.combine(byte) }
            let word = hasher.finalize()
            guard let first = misfits[known.name], first != word else {
                misfits[known.name] = word
                return false
            }
        }
        misfits[known.name] = nil
        var wider = known
        (wider.type, wider.unit) = (.string, nil)
        replace(wider)
        return true
    }
}
