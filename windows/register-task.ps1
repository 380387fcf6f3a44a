<#
.SYNOPSIS
Registers the task that runs inboxsync every five minutes.

.DESCRIPTION
Reads inboxsync-task.xml beside this script, fills in the full path of the command and the user, and registers the task.
The task runs as this user whether logged on or not; no password is stored. Run it in an elevated PowerShell:

    powershell -ExecutionPolicy Bypass -File windows\register-task.ps1

Registering again replaces the task. To remove it: Unregister-ScheduledTask -TaskName inboxsync

.PARAMETER TaskName
Name of the task.

.PARAMETER Command
Full path of inboxsync.exe; by default the one that PATH finds.

.PARAMETER UserId
User whose integrations are run; by default the one who runs this script.

.PARAMETER Definition
The task's XML.
#>
#Requires -Version 5.1
[CmdletBinding(SupportsShouldProcess)]
param(
    [string] $TaskName = 'inboxsync',
    [string] $Command,
    [string] $UserId = [System.Security.Principal.WindowsIdentity]::GetCurrent().Name,
    [string] $Definition = (Join-Path $PSScriptRoot 'inboxsync-task.xml')
)
$ErrorActionPreference = 'Stop'

if (-not $Command) {
    $Command = (Get-Command 'inboxsync.exe' -CommandType Application | Select-Object -First 1).Source
}
if (-not (Test-Path -LiteralPath $Command -PathType Leaf)) {
    throw "There is no command $Command; give its full path with -Command."
}

# Load() follows the byte order mark and the declaration of the file; text that went through Get-Content need not.
$task = New-Object System.Xml.XmlDocument
$task.PreserveWhitespace = $true
$task.Load((Resolve-Path -LiteralPath $Definition).ProviderPath)

$task.Task.Actions.Exec.Command = $Command
$principal = $task.Task.Principals.Principal
$user = $task.CreateElement('UserId', $task.DocumentElement.NamespaceURI)
$user.InnerText = $UserId
[void] $principal.PrependChild($user)

if ($PSCmdlet.ShouldProcess($TaskName, "Register a task that runs $Command as $UserId")) {
    Register-ScheduledTask -TaskName $TaskName -Xml $task.OuterXml -Force
}
