package import KomokuYAML

/// What the section `page` says.
package struct PageSettings: Hashable, Sendable {
    /// Where Chart.js is.
    package var charts = "/usr/share/javascript/chart.js/chart.min.js"
    /// A folder from which the page's files are read anew each time, for who works on them; nil: those in the program.
    package var files: String?

    /// The version of files that no browser keeps.
    static let unkept = "unkept"

    package init() {}

    package static func read(_ root: SettingsReader) -> PageSettings {
        var settings = PageSettings()
        guard let section = root.mapping("page") else { return settings }
        settings.charts = section.value("charts", .string, default: settings.charts)
        settings.files = section.value("files", .string)
        return settings
    }
}
