import Komoku
import KomokuExpression
import KomokuYAML

/// The texts of a target: templates with the locals of a note.
enum NoteTexts {
    static var environment: TypeEnvironment {
        var locals: [String: TypeEnvironment.Declaration] = [:]
        for name in NotifyConfiguration.locals { locals[name] = TypeEnvironment.Declaration(.text) }
        return TypeEnvironment(locals: locals, key: { _ in nil }, candidates: { NotifyConfiguration.locals })
    }

    /// What a target says that is not told what to say: the message, with the title before it.
    static func plain(_ note: Notification) -> String {
        note.title.map { "\($0): \(note.message)" } ?? note.message
    }

    static func lookup(_ note: Notification) -> (Reference) -> Value? {
        { reference in
            guard case .local(let name) = reference else { return nil }
            return switch name {
            case "title": .string(note.title ?? note.rule)
            case "message": .string(note.message)
            case "topic": .string(note.topic)
            case "rule": .string(note.rule)
            default: nil
            }
        }
    }
}

extension SettingType where Value == CompiledTemplate {
    static var noteTemplate: SettingType {
        SettingType(expectation: "text") { setting in setting.value(.string).flatMap { setting.noteTemplate($0) } }
    }

    /// An address; it may be a secret of the environment.
    static var url: SettingType {
        SettingType(expectation: "an address such as https://…") { setting in
            guard let text = setting.value(.nonEmptyString) else { return nil }
            guard ["http://", "https://"].contains(where: { text.lowercased().utf8.starts(with: $0.utf8) }) else {
                setting.error("this is no address to send to", remedy: "it begins with http:// or https://")
                return nil
            }
            return setting.noteTemplate(text)
        }
    }
}

extension SettingType where Value == Content {
    /// A text is a template; a mapping or a list becomes JSON.
    static var noteContent: SettingType {
        SettingType(expectation: "text, a mapping or a list") { $0.noteContent(depth: 0) }
    }
}

extension Setting {
    fileprivate func noteTemplate(_ text: String) -> CompiledTemplate? {
        do throws(Expression.Faults) {
            return try Template.parse(text).check(in: NoteTexts.environment)
        } catch {
            report(error)
            return nil
        }
    }

    fileprivate func noteContent(depth: Int) -> Content? {
        switch node.content {
        case .refused: return nil
        case .sequence:
            let items = items ?? []
            let contents = items.compactMap { $0.noteContent(depth: depth + 1) }
            return contents.count == items.count ? .array(contents) : nil
        case .mapping:
            let members = (value(.entries(.string, .item)) ?? []).compactMap { entry in
                entry.value.noteContent(depth: depth + 1).map { Content.Member(name: entry.key, content: $0) }
            }
            return members.count == node.entries?.count ? .object(members) : nil
        case .scalar:
            if depth > 0, let scalar = node.scalar {
                if node.isNull { return .constant(.null) }
                if let bool = node.bool { return .constant(.bool(bool)) }
                if !scalar.isQuoted, let number = node.number, number.isFinite { return .constant(.number(number)) }
            }
            return value(.noteTemplate).map { .text($0) }
        }
    }
}
