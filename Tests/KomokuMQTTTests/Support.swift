import Komoku
import KomokuMQTT
import KomokuTesting
import KomokuYAML

/// The configuration of a YAML text, and what is wrong with it.
func read(_ yaml: String, declaredKeys: [String] = []) -> (MQTTConfiguration, [String]) {
    let source = YAMLSource(environment: [:], files: NoFiles())
    let document = source.parse(yaml, file: "komoku.yaml")
    let report = SettingsReport(source: source, diagnostics: document.diagnostics)
    guard let root = document.root else { return (MQTTConfiguration(), report.diagnostics.sorted.map(\.description)) }
    let reader = SettingsReader(root, report: report)
    let configuration = MQTTConfiguration.read(
        reader, hubName: "home", declaredKeys: declaredKeys.compactMap { KeyName($0) })
    reader.finish()
    return (configuration, report.diagnostics.sorted.map(\.description))
}

/// Mappings that have to be right.
func mappings(_ yaml: String) throws -> MappingSet {
    let (configuration, problems) = read(yaml)
    if !problems.isEmpty { throw ChildProcess.Failure(description: problems.joined(separator: "\n")) }
    return configuration.mappingSet
}

private struct NoFiles: SettingsFiles {
    func read(_ path: String, limit: Int) throws(FileFailure) -> [UInt8] { throw FileFailure("No such file") }
    func names(in directory: String) -> [String] { [] }
}
