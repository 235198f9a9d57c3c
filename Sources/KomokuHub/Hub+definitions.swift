package import Komoku
internal import KomokuStore

/// One member of a `define` command.
package struct Definition: Hashable, Sendable {
    package var name: String
    /// As it was sent; nil where it was not.
    package var type: JSON?
    package var options: [JSON.Member]

    package init(name: String, type: JSON?, options: [JSON.Member]) {
        self.name = name
        self.type = type
        self.options = options
    }
}

extension Definition {
    /// Why a key of a type cannot have these options, as a sentence; nil where it can.
    fileprivate func fault(for type: KeyType) -> String? {
        for option in options {
            let fault = KeyOption.fault(option.name, option.value)
            if let fault = fault ?? KeyOption.misfit(option.name, option.value, for: type) { return fault }
        }
        return nil
    }
}

extension Definition {
    /// Without what is no option, or none for keys of the type: an older hub kept that, and exported it.
    var withoutStrangers: Definition {
        let type = type?.string.flatMap(KeyType.init(rawValue:))
        var definition = self
        definition.options = options.filter { option in
            guard KeyOption.named(option.name) != nil else { return false }
            return type.flatMap { KeyOption.misfit(option.name, option.value, for: $0) } == nil
        }
        return definition
    }
}

/// A definition that can be carried out.
struct CheckedDefinition {
    let name: KeyName
    let type: KeyType
    /// With those defined before.
    let options: KeyOptions
}

extension Hub {
    /// Creates keys, or adds options to them: all or, on an error, nothing.
    ///
    /// - Throws: the first error by name order.
    package func define(_ definitions: [Definition]) throws(CommandError) {
        for definition in try check(definitions) { apply(definition) }
    }

    /// Definitions that can all be carried out.
    func check(_ definitions: [Definition]) throws(CommandError) -> [CheckedDefinition] {
        let ordered = definitions.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        var checked: [CheckedDefinition] = []
        for definition in ordered { checked.append(try check(definition)) }
        let new = checked.count { index(of: $0.name) == nil }
        if new > 0, new + table.namedCount > configuration.maximumKeys { throw .invalidKey }
        return checked
    }

    private func check(_ definition: Definition) throws(CommandError) -> CheckedDefinition {
        guard let name = KeyName(definition.name) else { throw .invalidKey }
        guard let json = definition.type else { throw .typeNotProvided }
        guard let type = json.string.flatMap(KeyType.init(rawValue:)) else { throw .invalidType }
        let existing = index(of: name).map { table[$0] }
        if let existing, existing.type != type { throw .typeMismatch }
        if definition.fault(for: type) != nil { throw .invalidValue }
        let options = existing?.settings.defined ?? KeyOptions()
        guard definition.options.count <= KeyOptions.maximumCount else { throw .invalidValue }
        let merged = try options.merging(definition.options)
        if merged.isTooLarge { throw .invalidValue }
        return CheckedDefinition(name: name, type: type, options: merged)
    }

    /// What is wrong with the first definition that cannot be carried out, as a sentence; nil where all can be.
    package func fault(in definitions: [Definition]) -> String? {
        for definition in definitions.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
            do throws(CommandError) {
                _ = try check(definition)
            } catch {
                return sentence(for: error, definition)
            }
        }
        return nil
    }

    private func isTooLarge(_ definition: Definition) -> Bool {
        let known = KeyName(definition.name).flatMap(index).map { table[$0].settings.defined } ?? KeyOptions()
        return (try? known.merging(definition.options))?.isTooLarge ?? false
    }

    private func sentence(for error: CommandError, _ definition: Definition) -> String? {
        let name = definition.name
        switch error {
        case .invalidKey: return "'\(name)' cannot be the name of a key"
        case .typeNotProvided: return "the definition of '\(name)' needs a type"
        case .invalidType:
            return "the type of '\(name)' is not one of \(KeyType.allCases.map(\.rawValue).joined(separator: ", "))"
        case .typeMismatch:
            let type = KeyName(name).flatMap(index).map { table[$0].type.rawValue } ?? "known"
            return "'\(name)' is \(type) already, and a key keeps its type"
        default: break
        }
        if definition.options.count > KeyOptions.maximumCount || isTooLarge(definition) {
            return "'\(name)' would have more than \(KeyOptions.maximumCount) options, or than 16 KiB of them"
        }
        let type = definition.type?.string.flatMap(KeyType.init(rawValue:))
        return type.flatMap(definition.fault).map { "\(name): \($0)" }
    }

    func apply(_ definition: CheckedDefinition) {
        guard let index = index(of: definition.name) else {
            _ = create(definition.name, type: definition.type, defined: definition.options)
            return
        }
        guard table[index].settings.defined != definition.options else { return }
        table[index].settings = settings(
            for: definition.name, defined: definition.options, feeding: feeding(of: table[index].id))
        batch.keys.append(record(at: index))
        scheduleExpiry(at: index)
        tellLog(at: index)
    }

    /// Makes the key of a first put.
    ///
    /// - Returns: the index of the key and the value to put.
    func create(_ name: KeyName, for json: JSON) throws(CommandError) -> (index: Int, value: Value) {
        let guess = try Value.guess(json)
        let type = configuration.typeOfNew(name) ?? guess.type
        let settings = settings(for: name, defined: KeyOptions())
        let value =
            type == guess.type
            ? guess.value.fitting(settings.effective) : try Value(casting: json, to: type, options: settings.effective)
        guard let value else { throw .invalidValue }
        guard let index = create(name, type: type) else { throw .invalidKey }
        return (index, value)
    }
}
