package import Komoku
package import KomokuExpression

/// How long a trigger has to hold.
package enum HoldLength: Sendable {
    case fixed(Duration)
    /// Seconds, worked out when it begins.
    case computed(CompiledExpression)
}

extension HoldLength: Equatable, CustomStringConvertible {
    /// Two that are computed are the same where they are written the same.
    package static func == (left: HoldLength, right: HoldLength) -> Bool {
        switch (left, right) {
        case (.fixed(let one), .fixed(let other)): one == other
        case (.computed(let one), .computed(let other)): one.text.utf8.elementsEqual(other.text.utf8)
        default: false
        }
    }

    package var description: String {
        switch self {
        case .fixed(let duration): duration.description
        case .computed(let expression): "(\(expression.shown))"
        }
    }
}
